import { AMQPSession } from '@cloudamqp/amqp-client';
import { type Adapter, type Place, PREFETCH } from '../adapter.ts';

const CALL_TIMEOUT_MS = 5_000;

function open({ url, noDelay }: Place): Promise<AMQPSession> {
  // It has no such option, but hands these on to the socket as they are, whether with TLS or without.
  const socketOptions: object = { noDelay: true };
  return AMQPSession.connect(url, noDelay ? { tlsOptions: socketOptions } : {});
}

export const cloudamqp: Adapter = {
  label: '@cloudamqp/amqp-client',
  note: '@cloudamqp/amqp-client 4.1.1 by its sessions, the way it recommends: confirms, which are their default, and mandatory, acks by itself when the handler has returned; its own RPC client and server: direct reply-to, requests and replies neither confirmed nor mandatory, replies not acknowledged, a deadline for each call, bodies as they are; `noDelay` smuggled in with its options for TLS',
  recovers: true,
  async startServer(place) {
    const session = await open(place);
    await session.rpcServer(place.name, (request) => request.bodyString() ?? '', PREFETCH);
    return { close: () => session.stop() };
  },
  async startClient(place) {
    const session = await open(place);
    const client = await session.rpcClient();
    return {
      call: async (value) => (await client.call(place.name, value, { timeout: CALL_TIMEOUT_MS })).bodyString(),
      close: () => session.stop(),
    };
  },
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
