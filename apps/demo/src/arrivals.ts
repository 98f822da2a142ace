import { setTimeout as sleep } from 'node:timers/promises';
import type { RpcCaller } from '@leveret/rpc';
import type { ComputeApi, Counts } from './compute-contract.ts';
import type { Sent } from './load.ts';
import type { Heard } from './resize-notifications.ts';

// What is sent is received within milliseconds; what a reconnect holds up, within seconds.
const ARRIVAL_MS = 15_000;
const ASK_MS = 5_000;

/**
 * Asks the servers what they have received until all has arrived, here too, or too much time has passed; once if all stands
 * still.
 * `before` is what they had received before anything was sent.
 */
export async function countArrivals(
  client: RpcCaller<ComputeApi>,
  hosts: readonly string[],
  before: ReadonlyMap<string, Counts>,
  sent: Sent,
  heard: Readonly<Heard>,
  stalled: AbortSignal,
): Promise<ReadonlyMap<string, Counts | undefined>> {
  const startedAt = performance.now();
  for (;;) {
    const answers = await Promise.all(hosts.map((host) => ask(client, host, before.get(host))));
    const notified = answers.reduce((total, counts) => total + (counts?.notified ?? 0), 0);
    const complete =
      heard.resizes >= notified &&
      answers.every(
        (counts, index) =>
          counts !== undefined &&
          counts.refreshed >= sent.refreshes &&
          counts.rebooted >= (sent.reboots.get(hosts[index] ?? '') ?? 0),
      );
    if (complete || stalled.aborted || performance.now() - startedAt > ARRIVAL_MS) {
      return new Map(hosts.map((host, index) => [host, answers[index]]));
    }
    await sleep(100);
  }
}

async function ask(client: RpcCaller<ComputeApi>, host: string, before?: Counts): Promise<Counts | undefined> {
  try {
    const counts = await client.call('counts', {}, { server: host, timeoutMs: ASK_MS });
    return before === undefined ? counts : since(before, counts);
  } catch {
    // A server that does not answer is a finding of its own; the figures say so.
    return undefined;
  }
}

function since(before: Counts, counts: Counts): Counts {
  const differences = Object.entries(counts).map(([name, value]) => {
    const earlier = before[name as keyof Counts];
    return [name, typeof value === 'number' && typeof earlier === 'number' ? value - earlier : value];
  });
  return { ...counts, ...Object.fromEntries(differences) };
}
