import { AMQPSession } from '@cloudamqp/amqp-client';
import type { Adapter, Place } from '../adapter.ts';

function open({ url, noDelay }: Place): Promise<AMQPSession> {
  // It has no such option, but hands these on to the socket as they are, whether with TLS or without.
  const socketOptions: object = { noDelay: true };
  return AMQPSession.connect(url, noDelay ? { tlsOptions: socketOptions } : {});
}

export const cloudamqp: Adapter = {
  label: '@cloudamqp/amqp-client',
  note: '@cloudamqp/amqp-client 4.1.1 by its sessions, the way it recommends: confirms, which are their default, and mandatory, acks by itself when the handler has returned; no deadline; `noDelay` smuggled in with its options for TLS',
  recovers: true,
  async startPublisher(place) {
    const session = await open(place);
    const queue = await session.queue(place.name, { passive: true });
    return {
      publish: (body) => queue.publish(body, { mandatory: true, deliveryMode: 2 }),
      close: () => session.stop(),
    };
  },
  async startConsumer(place, prefetch, onMessage) {
    const session = await open(place);
    const queue = await session.queue(place.name, { passive: true });
    await queue.subscribe({ prefetch }, onMessage);
    return { close: () => session.stop() };
  },
};
