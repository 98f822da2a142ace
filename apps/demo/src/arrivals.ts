import { setTimeout as sleep } from 'node:timers/promises';
import type { RpcCaller } from '@leveret/rpc';
import type { ComputeApi, Counts } from './compute-server.ts';
import type { Sent } from './load.ts';

// What is sent is received within milliseconds; what a reconnect holds up, within seconds.
const ARRIVAL_MS = 15_000;
const ASK_MS = 5_000;

/**
 * Asks the servers what they have received until all has arrived, or too much time has passed; once if all stands still.
 * `before` is what they had received before anything was sent.
 */
export async function countArrivals(
  client: RpcCaller<ComputeApi>,
  hosts: readonly string[],
  before: ReadonlyMap<string, Counts>,
  sent: Sent,
  stalled: AbortSignal,
): Promise<ReadonlyMap<string, Counts | undefined>> {
  const startedAt = performance.now();
  for (;;) {
    const answers = await Promise.all(hosts.map((host) => ask(client, host, before.get(host))));
    const complete = answers.every(
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

function since(before: Counts, { host, rebooted, refreshed, repeated = 0 }: Counts): Counts {
  return {
    host,
    rebooted: rebooted - before.rebooted,
    refreshed: refreshed - before.refreshed,
    repeated: repeated - (before.repeated ?? 0),
  };
}
