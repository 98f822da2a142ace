import { randomUUID } from 'node:crypto';
import { type ChannelWrapper, connect } from 'amqp-connection-manager';
import type { ConfirmChannel } from 'amqplib';
import { type Adapter, type Closable, type Place, PREFETCH } from '../adapter.ts';

const properties = { mandatory: true, persistent: true };
const REPLY_QUEUE_EXPIRES_MS = 60_000;

async function open(
  { url, noDelay }: Place,
  setup: (channel: ConfirmChannel) => Promise<unknown> = async () => {},
): Promise<{ channel: ChannelWrapper } & Closable> {
  const manager = connect([url], noDelay ? { connectionOptions: { noDelay: true } } : {});
  const channel = manager.createChannel({ setup: async (plain: ConfirmChannel) => void (await setup(plain)) });
  // It sets itself up again; an unheard 'error' would end the process.
  channel.on('error', () => {});
  await channel.waitForConnect();
  return {
    channel,
    close: async () => {
      await channel.close();
      await manager.close();
    },
  };
}

export const amqpConnectionManager: Adapter = {
  label: 'amqp-connection-manager',
  note: 'amqp-connection-manager 5.0.0 over the same amqplib: confirms, which are its default, and mandatory, acks; it has no RPC, so ours by hand: a reply queue that outlives its connection, acks, correlation ids, no deadline, no envelope; `noDelay` by its `connectionOptions`',
  recovers: true,
  async startServer(place) {
    const { channel, close } = await open(place, (plain) => plain.assertQueue(place.name, { durable: false }));
    await channel.consume(
      place.name,
      (message) => {
        const { replyTo, correlationId } = message.properties;
        channel.ack(message);
        // Its caller may be gone, or the channel: nobody else is told.
        channel.sendToQueue(replyTo, message.content, { ...properties, correlationId }).catch(() => {});
      },
      { prefetch: PREFETCH },
    );
    return { close };
  },
  async startClient(place) {
    // Not exclusive: what is answered while the connection is made again is still there after it.
    const replyTo = `reply-${randomUUID()}`;
    const options = { durable: false, expires: REPLY_QUEUE_EXPIRES_MS };
    const { channel, close } = await open(place, (plain) => plain.assertQueue(replyTo, options));
    const waiting = new Map<string, { resolve(value: string): void; reject(error: Error): void }>();
    await channel.consume(replyTo, (message) => {
      channel.ack(message);
      const { correlationId } = message.properties;
      waiting.get(correlationId)?.resolve(message.content.toString());
      waiting.delete(correlationId);
    });
    let lastId = 0;
    return {
      close: async () => {
        await channel.cancelAll();
        await channel.deleteQueue(replyTo);
        await close();
      },
      call: (value) =>
        new Promise((resolve, reject) => {
          lastId += 1;
          const correlationId = String(lastId);
          waiting.set(correlationId, { resolve, reject });
          const sent = channel.sendToQueue(place.name, Buffer.from(value), { ...properties, replyTo, correlationId });
          sent.catch((error: Error) => {
            waiting.delete(correlationId);
            reject(error);
          });
        }),
    };
  },
  async startPublisher(place) {
    const { channel, close } = await open(place);
    return {
      close,
      publish: (body) => channel.sendToQueue(place.name, body, properties),
    };
  },
  async startConsumer(place, prefetch, onMessage) {
    const { channel, close } = await open(place);
    await channel.consume(
      place.name,
      (message) => {
        channel.ack(message);
        onMessage();
      },
      { prefetch },
    );
    return { close };
  },
};
