import { once } from 'node:events';
import { Connection } from 'rabbitmq-client';
import { type Adapter, type Place, PREFETCH } from '../adapter.ts';

const CALL_TIMEOUT_MS = 5_000;

function open({ url, noDelay }: Place): Connection {
  const connection = new Connection({ url, ...(noDelay ? { noDelay: true } : {}) });
  // It reconnects by itself; an unheard 'error' would end the process.
  connection.on('error', () => {});
  return connection;
}

export const rabbitmqClient: Adapter = {
  label: 'rabbitmq-client',
  note: 'rabbitmq-client 5.0.8, its own RPC client with `confirm: true` and its own `reply()`: direct reply-to, so replies are neither confirmed nor acknowledged; a deadline for each call; publishes with confirm and mandatory, acks by itself when the handler has resolved; `noDelay` by its option of that name',
  recovers: true,
  async startServer(place) {
    const connection = open(place);
    const consumer = connection.createConsumer(
      { queue: place.name, queueOptions: { durable: false }, qos: { prefetchCount: PREFETCH } },
      async (request, reply) => {
        await reply(request.body);
      },
    );
    consumer.on('error', () => {});
    await once(consumer, 'ready');
    return {
      close: async () => {
        await consumer.close();
        await connection.close();
      },
    };
  },
  async startClient(place) {
    const connection = open(place);
    const client = connection.createRPCClient({ confirm: true, timeout: CALL_TIMEOUT_MS });
    return {
      call: async (value) => (await client.send(place.name, value)).body as unknown,
      close: async () => {
        await client.close();
        await connection.close();
      },
    };
  },
  async startPublisher(place) {
    const connection = open(place);
    await connection.onConnect();
    const publisher = connection.createPublisher({ confirm: true });
    const envelope = { routingKey: place.name, mandatory: true, durable: true };
    return {
      publish: (body) => publisher.send(envelope, body),
      close: async () => {
        await publisher.close();
        await connection.close();
      },
    };
  },
  async startConsumer(place, prefetch, onMessage) {
    const connection = open(place);
    const consumer = connection.createConsumer(
      { queue: place.name, queueOptions: { passive: true }, qos: { prefetchCount: prefetch } },
      async () => onMessage(),
    );
    consumer.on('error', () => {});
    await once(consumer, 'ready');
    return {
      close: async () => {
        await consumer.close();
        await connection.close();
      },
    };
  },
};
