import { createRpcClient, createRpcServer } from '@leveret/rpc';
import { createTransport } from '@leveret/transport';

const transport = createTransport(process.env['LEVERET_RABBITMQ_URL'] ?? 'rabbit://guest:guest@localhost:5672/');
const server = createRpcServer(transport, { topic: 'volumes', server: 'host-1' }, [
  { methods: { resize: ({ id, size }) => ({ id, size, status: 'resized' }) } },
]);
await server.start();

const client = createRpcClient(transport, { topic: 'volumes' });
console.log(await client.call('resize', { id: 'v-7', size: 20 }, { timeoutMs: 5_000 }));

await client.close();
await server.stop();
await transport.close();
