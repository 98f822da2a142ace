import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib';
import { type Adapter, type Closable, type Place, PREFETCH } from '../adapter.ts';

const properties = { mandatory: true, persistent: true };

async function open({ url, noDelay }: Place): Promise<{ model: ChannelModel; channel: ConfirmChannel } & Closable> {
  const model = await connect(url, noDelay ? { noDelay: true } : {});
  // It has no recovery: whoever waits is failed by its channel, and an unheard 'error' would end the process.
  model.on('error', () => {});
  const channel = await model.createConfirmChannel();
  channel.on('error', () => {});
  return {
    model,
    channel,
    close: async () => {
      // The goodbye of a connection overtakes the acknowledgements that its channels have not written yet.
      await channel.close();
      await model.close();
    },
  };
}

export const bareAmqplib: Adapter = {
  label: 'bare amqplib',
  note: 'amqplib 2.3.1, the least code with our guarantees: one connection and one channel a process, a reply queue of its own, confirms and mandatory on both sides, acks; no deadlines, no recovery, no envelope (the body is the text)',
  recovers: false,
  async startServer(place) {
    const { channel, close } = await open(place);
    await channel.prefetch(PREFETCH);
    await channel.assertQueue(place.name, { durable: false });
    await channel.consume(place.name, (message) => {
      if (message === null) return;
      const { replyTo, correlationId } = message.properties;
      channel.ack(message);
      channel.publish('', replyTo, message.content, { ...properties, correlationId }, () => {});
    });
    return { close };
  },
  async startClient(place) {
    const { channel, close } = await open(place);
    const waiting = new Map<string, { resolve(value: string): void; reject(error: Error): void }>();
    const fail = (id: string, error: Error): void => {
      waiting.get(id)?.reject(error);
      waiting.delete(id);
    };
    channel.on('return', ({ properties: { correlationId } }) => fail(correlationId, new Error('returned')));
    const { queue: replyTo } = await channel.assertQueue('', { exclusive: true });
    await channel.consume(replyTo, (message) => {
      if (message === null) return;
      channel.ack(message);
      const { correlationId } = message.properties;
      waiting.get(correlationId)?.resolve(message.content.toString());
      waiting.delete(correlationId);
    });
    let lastId = 0;
    return {
      close,
      call: (value) =>
        new Promise((resolve, reject) => {
          lastId += 1;
          const correlationId = String(lastId);
          waiting.set(correlationId, { resolve, reject });
          const options = { ...properties, replyTo, correlationId };
          channel.publish('', place.name, Buffer.from(value), options, (error) => {
            if (error) fail(correlationId, error);
          });
        }),
    };
  },
  async startPublisher(place) {
    const { channel, close } = await open(place);
    return {
      close,
      publish: (body) =>
        new Promise<void>((resolve, reject) => {
          channel.publish('', place.name, body, properties, (error) => (error ? reject(error) : resolve()));
        }),
    };
  },
  async startConsumer(place, prefetch, onMessage) {
    const { channel, close } = await open(place);
    await channel.prefetch(prefetch);
    await channel.consume(place.name, (message) => {
      if (message === null) return;
      channel.ack(message);
      onMessage();
    });
    return { close };
  },
};
