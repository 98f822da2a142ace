import { createRpcClient, createRpcServer, defineContract, implement } from '@leveret/rpc';
import { createTransport } from '@leveret/transport';
import * as z from 'zod';

const args = z.object({ id: z.string(), size: z.number() });
const contract = defineContract({
  version: '1.0',
  methods: { resize: { args, result: z.object({ size: z.number() }) } },
});
await using transport = createTransport(process.env['LEVERET_RABBITMQ_URL'] ?? 'rabbit://guest:guest@localhost:5672/');
const endpoint = implement(contract, { resize: ({ size }) => ({ size }) });
await using server = createRpcServer(transport, { topic: 'volumes', server: 'host-1' }, [endpoint]);
await server.start();
await using client = createRpcClient(transport, { topic: 'volumes' }, { contract });
const { size } = await client.call('resize', { id: 'v-7', size: 20 });
console.log(size);
