import { type ChannelWrapper, connect } from 'amqp-connection-manager';
import type { Adapter, Closable, Place } from '../adapter.ts';

async function open({ url, noDelay }: Place): Promise<{ channel: ChannelWrapper } & Closable> {
  const manager = connect([url], noDelay ? { connectionOptions: { noDelay: true } } : {});
  const channel = manager.createChannel();
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
  note: 'amqp-connection-manager 5.0.0 over the same amqplib: confirms, which are its default, and mandatory, acks; no deadline; `noDelay` by its `connectionOptions`',
  recovers: true,
  async startPublisher(place) {
    const { channel, close } = await open(place);
    return {
      close,
      publish: (body) => channel.sendToQueue(place.name, body, { mandatory: true, persistent: true }),
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
