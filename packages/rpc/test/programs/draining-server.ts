// A server in a process of its own, which drains when it is asked to end, and ends when nothing is left to be done.
import { createRpcServer } from '@leveret/rpc';
import { createTransport } from '@leveret/transport';

/** What this program is started with, as JSON. */
export interface DrainingServerSettings {
  readonly url: string;
  readonly topic: string;
  readonly acknowledge: 'before' | 'after';
  readonly concurrency: number;
  /** How long each request takes once the process is asked to end. */
  readonly workMs: number;
}

const { url, topic, acknowledge, concurrency, workMs } = JSON.parse(process.argv[2] ?? '{}') as DrainingServerSettings;
const asked = new Promise<void>((resolve) => {
  process.once('SIGTERM', () => resolve());
});
const work = async ({ id }: { readonly id: number }) => {
  process.send?.(id);
  await asked;
  await new Promise((resolve) => setTimeout(resolve, workMs));
  return id;
};
const transport = createTransport(url);
const server = createRpcServer(transport, { topic, server: 'draining' }, [{ methods: { work } }], {
  acknowledge,
  concurrency,
});
await server.start();
process.send?.('ready');
await asked;
await server.stop();
await transport.close();
