import { createRpcClient, createRpcServer } from '@leveret/rpc';
import { createTransport } from '@leveret/transport';
import type { Adapter } from '../adapter.ts';

export const leveret: Adapter = {
  label: 'leveret',
  note: "as shipped: oslo.messaging's wire (a body of JSON inside JSON), two connections a process, confirms and mandatory on both sides, acks, a deadline for each call and each publish, duplicates told, recovery; publishes and deliveries by @leveret/transport, where a body is what it is",
  recovers: true,
  async startServer({ url, name }) {
    const transport = createTransport(url);
    const echo = ({ value }: Readonly<Record<string, unknown>>): unknown => value;
    const server = createRpcServer(transport, { topic: name, server: 'bench' }, [{ methods: { echo } }]);
    await server.start();
    return {
      close: async () => {
        await server.stop();
        await transport.close();
      },
    };
  },
  async startClient({ url, name }) {
    const transport = createTransport(url);
    const client = createRpcClient(transport, { topic: name });
    return {
      call: (value) => client.call('echo', { value }),
      close: async () => {
        await client.close();
        await transport.close();
      },
    };
  },
  async startPublisher({ url, name }) {
    const transport = createTransport(url);
    await transport.connect();
    return {
      publish: (body) => transport.publish({ routingKey: name }, body, { mandatory: true }),
      close: () => transport.close(),
    };
  },
  async startConsumer({ url, name }, prefetch, onMessage) {
    const transport = createTransport(url);
    await transport.consume(
      { queue: { name } },
      (delivery) => {
        delivery.ack();
        onMessage();
      },
      { prefetch },
    );
    return { close: () => transport.close() };
  },
};
