// A server in a process of its own, for tests that kill it: it answers the first few requests, and holds all others for ever.
import { appendFileSync } from 'node:fs';
import { createRpcServer } from '@leveret/rpc';
import { createTransport } from '@leveret/transport';

/** What this program is started with, as JSON. */
export interface HeldServerSettings {
  readonly url: string;
  readonly topic: string;
  readonly acknowledge: 'before' | 'after';
  readonly concurrency: number;
  /** How many requests are answered. */
  readonly answered: number;
  /** A file that gets a line for each request that begins, at once: what is written there outlives a SIGKILL. */
  readonly ledger: string;
}

const { url, topic, acknowledge, concurrency, answered, ledger } = JSON.parse(
  process.argv[2] ?? '{}',
) as HeldServerSettings;
let begun = 0;
const work = ({ id }: { readonly id: number }) => {
  appendFileSync(ledger, `${id}\n`);
  begun += 1;
  return begun <= answered ? id : new Promise(() => {});
};
const transport = createTransport(url);
const server = createRpcServer(transport, { topic, server: 'held' }, [{ methods: { work } }], {
  acknowledge,
  concurrency,
});
process.once('disconnect', () => process.exit());
await server.start();
process.send?.('ready');
