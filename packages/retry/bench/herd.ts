import type { Contender } from './contenders.ts';

const clients = 2000;
const resyncMs = 600_000;

/**
 * 2000 clients retry through an outage on a backoff that ends at 30 s. Ten minutes into it all their attempts fail at one
 * instant, whatever they were waiting for. How many come back in the fullest tenth of a second after that?
 *
 * The libraries run as they are: their timers are noted, and fire at once.
 */
export async function herdPeak(make: NonNullable<Contender['jittered']>): Promise<number> {
  const { setTimeout: realSetTimeout } = globalThis;
  const realNow = performance.now;
  const perTenth = new Map<number, number>();
  const retries = 150;
  const enough = new Error('enough');
  try {
    for (let client = 0; client < clients; client++) {
      let endsAt = 0;
      let answer: number | undefined;
      const fake = (fn: () => void, ms = 0): unknown => {
        // The wait after the one in progress at the instant is the one that spreads the clients.
        if (endsAt > resyncMs) answer ??= ms;
        endsAt += ms;
        queueMicrotask(fn);
        return { unref() {}, ref() {} };
      };
      globalThis.setTimeout = fake as unknown as typeof globalThis.setTimeout;
      performance.now = () => endsAt;
      const operation = async (): Promise<never> => {
        throw enough;
      };
      await make(retries)(operation).catch(() => {});
      if (answer === undefined) throw new Error(`Only ${endsAt} ms of waits were made.`);
      const tenth = Math.floor(answer / 100);
      perTenth.set(tenth, (perTenth.get(tenth) ?? 0) + 1);
    }
  } finally {
    globalThis.setTimeout = realSetTimeout;
    performance.now = realNow;
  }
  return Math.max(...perTenth.values());
}
