import { describe, expect, it } from 'vitest';
import { constant, osloRabbitBackoff, osloRetry, perRound } from '../src/backoffs.js';
import { retry } from '../src/index.js';
import { VirtualClock } from '../src/testing.js';
import { addWait, type EnsureCase, type EnsureErrorCase, timeline, vectors } from './vectors.js';

class CannotConnect extends Error {}

/**
 * The two policies that `ensure` is made of, as an application of this package would write them: one for the operation,
 * and within each further attempt one for the connection.
 */
async function ensure({ in: given }: EnsureCase) {
  const clock = new VirtualClock();
  const line: (string | number)[] = [];
  const counts = { operation: 0, connect: 0 };
  let lastAt = 0;
  const note = (what: 'operation' | 'connect'): void => {
    addWait(line, clock.now() - lastAt);
    lastAt = clock.now();
    line.push(what);
    counts[what]++;
  };
  const { options, hosts } = given;
  const reconnectDelayMs = options.kombu_reconnect_delay * 1000;
  const intervals = osloRabbitBackoff({
    retryIntervalMs: options.rabbit_retry_interval * 1000,
    retryBackoffMs: options.rabbit_retry_backoff * 1000,
    intervalMaxMs: options.rabbit_interval_max * 1000,
  });
  const betweenConnects = {
    *[Symbol.iterator]() {
      for (const intervalMs of perRound(intervals, hosts.length)) yield reconnectDelayMs + intervalMs;
    },
  };
  const retries = osloRetry(given.retry);

  const connect = (earlierFailures: number): Promise<void> => {
    let left = given.connect_failures_after_each_operation_failure;
    const dial = (): void => {
      note('connect');
      if (left-- > 0) throw new CannotConnect();
    };
    return retry(dial, { retries: Math.max(retries - earlierFailures, 1), backoff: betweenConnects, clock });
  };

  let failed = false;
  await clock.run(
    retry(
      async ({ number }) => {
        if (number > 1) await connect(number - 2);
        note('operation');
        if (number <= given.operation_failures) throw new Error('connection reset');
      },
      {
        retries,
        backoff: constant(reconnectDelayMs),
        shouldRetry: (error) => !(error instanceof CannotConnect),
        clock,
      },
    ).catch(() => {
      failed = true;
    }),
  );
  return { failed, counts, line };
}

describe('oslo.messaging: ensure', () => {
  it.each(vectors('ensure'))('$id', async (each) => {
    expect(await ensure(each)).toEqual({
      failed: each.out.error !== undefined,
      counts: { operation: each.out.operation_attempts, connect: each.out.connect_attempts },
      line: timeline(each.out.events, ['operation', 'connect']),
    });
  });
});

describe('oslo.messaging: ensure_error', () => {
  const cases = vectors('ensure_error');
  /** Which errors pass is for the transport to know. Given that, a policy says the rest. */
  const passing = /recoverable_channel \(405|320 ConnectionForced|consumer cancelled|socket timeout/;
  const isPassing = ({ in: { error } }: EnsureErrorCase): boolean =>
    passing.test(error) && !error.startsWith('irrecoverable');
  /** kombu allows one retry more for these, since it counts them in another place. */
  const oneMore = cases.filter(({ in: { error, retry: n } }) => error.startsWith('recoverable_channel') && n !== null);

  async function run(each: EnsureErrorCase) {
    const clock = new VirtualClock();
    let attempts = 0;
    const operation = (): void => {
      if (++attempts <= each.in.operation_failures) throw new Error(each.in.error);
    };
    const policy = {
      retries: osloRetry(each.in.retry),
      backoff: constant(each.in.options.kombu_reconnect_delay * 1000),
      shouldRetry: () => isPassing(each),
      clock,
    };
    const failed = await clock.run(
      retry(operation, policy).then(
        () => false,
        () => true,
      ),
    );
    return { failed, attempts, sleptMs: clock.now() };
  }

  it.each(cases.filter((each) => !oneMore.includes(each)))('$id', async (each) => {
    const waits = timeline(each.out.events, []).filter((entry) => typeof entry === 'number');
    expect(await run(each)).toEqual({
      failed: each.out.error !== undefined,
      attempts: each.out.operation_attempts,
      sleptMs: waits.reduce((sum, ms) => sum + ms, 0),
    });
  });

  it('deviates for recoverable channel errors: N retries are N, where kombu makes one more', async () => {
    const compared = await Promise.all(
      oneMore.map(async (each) => [each.in.retry, each.out.operation_attempts, (await run(each)).attempts]),
    );
    expect(compared).toEqual([
      [0, 2, 1],
      [2, 4, 3],
    ]);
  });
});
