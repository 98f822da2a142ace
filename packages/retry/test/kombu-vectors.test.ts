import { describe, expect, it } from 'vitest';
import { linear, osloRabbitBackoff, osloRetry, perRound } from '../src/backoffs.js';
import { retry } from '../src/index.js';
import { VirtualClock } from '../src/testing.js';
import { failing, first, rejection } from './support.js';
import { addWait, timeline, vectors } from './vectors.js';

const toMs = (seconds: number): number => Math.round(seconds * 1000);

describe('kombu: intervals', () => {
  it.each(vectors('intervals'))('$id', ({ in: given, out }) => {
    const backoff = linear({
      startMs: toMs(given.interval_start),
      stepMs: toMs(given.interval_step),
      maxMs: toMs(given.interval_max),
      compat: 'kombu',
    });
    expect(first(given.take, backoff)).toEqual(out.intervals.map(toMs));
  });

  it.each(vectors('intervals'))('$id never exceeds its maximum when exact', ({ in: given }) => {
    const maxMs = toMs(given.interval_max);
    const backoff = linear({ startMs: toMs(given.interval_start), stepMs: toMs(given.interval_step), maxMs });
    expect(Math.max(...first(given.take, backoff))).toBeLessThanOrEqual(maxMs);
  });
});

describe('kombu: retry_over_time', () => {
  const cases = vectors('retry_over_time');
  const negative = cases.filter(({ in: { max_retries } }) => max_retries !== null && max_retries < 0);

  it.each(cases.filter((each) => !negative.includes(each)))('$id', async ({ in: given, out }) => {
    const clock = new VirtualClock();
    const { operation, calledAt } = failing((given.succeeds_on_attempt ?? Number.POSITIVE_INFINITY) - 1, clock);
    const policy = {
      retries: given.max_retries ?? Number.POSITIVE_INFINITY,
      backoff: linear({
        startMs: given.interval_start * 1000,
        stepMs: given.interval_step * 1000,
        maxMs: given.interval_max * 1000,
        compat: 'kombu',
      }),
      clock,
    };
    const outcome = await clock.run(
      retry(operation, policy).then(
        () => 'ok',
        () => 'raised',
      ),
    );
    expect({ attempts: calledAt.length, result: outcome, total_sleep: clock.now() / 1000 }).toEqual(out);
  });

  it('deviates for a negative number of retries: refused, or for ever by way of osloRetry, where kombu tries once', async () => {
    expect(negative.map(({ id, out }) => [id, out.attempts])).toEqual([['rot:-1:2,3,5', 1]]);
    expect(await rejection(retry(() => {}, { retries: -1 }))).toMatchObject({ option: 'retries' });
    expect(osloRetry(-1)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('oslo.messaging: initial_connect', () => {
  const cases = vectors('initial_connect');
  const negative = cases.filter(({ in: { retry: given } }) => given !== null && given < 0);

  async function connect({ in: given }: (typeof cases)[number]) {
    const clock = new VirtualClock();
    const { operation, calledAt } = failing(given.connect_failures, clock);
    const line: (string | number)[] = [];
    const policy = {
      retries: osloRetry(given.retry),
      backoff: perRound(
        osloRabbitBackoff({
          retryIntervalMs: given.options.rabbit_retry_interval * 1000,
          retryBackoffMs: given.options.rabbit_retry_backoff * 1000,
          intervalMaxMs: given.options.rabbit_interval_max * 1000,
        }),
        given.hosts.length,
      ),
      clock,
    };
    const dial = (): void => {
      addWait(line, clock.now() - (calledAt.at(-1) ?? 0));
      line.push('connect');
      operation();
    };
    const connected = await clock.run(
      retry(dial, policy).then(
        () => true,
        () => false,
      ),
    );
    return { connected, attempts: calledAt.length, line };
  }

  it.each(cases.filter((each) => !negative.includes(each)))('$id', async (each) => {
    expect(await connect(each)).toEqual({
      connected: each.out.connected,
      attempts: each.out.connect_attempts,
      line: timeline(each.out.events, ['connect']),
    });
  });

  it.each(negative)('$id deviates: goes on until it is connected, where oslo.messaging tries once', async (each) => {
    expect(each.out).toMatchObject({ connected: each.in.connect_failures === 0, connect_attempts: 1 });
    expect(await connect(each)).toMatchObject({ connected: true, attempts: each.in.connect_failures + 1 });
  });

  it('can also make one attempt of a whole round, which then counts as one', async () => {
    const clock = new VirtualClock();
    const dialled: [string, number][] = [];
    const round = (): void => {
      for (const host of ['h1', 'h2', 'h3']) dialled.push([host, clock.now()]);
      throw new Error('no host of the round could be reached');
    };
    await rejection(clock.run(retry(round, { retries: osloRetry(1), backoff: osloRabbitBackoff(), clock })));
    expect(dialled).toEqual([
      ['h1', 0],
      ['h2', 0],
      ['h3', 0],
      ['h1', 1000],
      ['h2', 1000],
      ['h3', 1000],
    ]);
  });
});
