import { describe, expect, it } from 'vitest';
import { failing, rejection } from '../test/support.js';
import { retry } from './retry.js';
import { VirtualClock } from './testing.js';

describe('a policy that cannot be', () => {
  it.each([
    [{ retries: -1 }, "`retries` is -1: give a whole number, zero or more, or Infinity (oslo.messaging's null and -1"],
    [{ retries: 1.5 }, '`retries` is 1.5'],
    [{ maxElapsedMs: -1 }, '`maxElapsedMs` is -1'],
    [{ attemptTimeoutMs: Number.NaN }, '`attemptTimeoutMs` is NaN'],
    [{ backoff: 100 as unknown as number[] }, '`backoff` is 100 and yields nothing: give an iterable of milliseconds'],
    [{ shouldRetry: true as unknown as () => boolean }, '`shouldRetry` is boolean: give a function of the error'],
    [5 as unknown as object, '`policy` is 5: give an object, as in { retries: 5 }.'],
    [null as unknown as object, '`policy` is null'],
  ])('is refused before the first attempt: %o', async (policy, message) => {
    const { operation, calledAt } = failing(0, new VirtualClock());
    const error = (await rejection(retry(operation, policy))) as Error;
    expect(error.message).toContain(message);
    expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_LEVERET_RETRY_OPTION_/) });
    expect(calledAt).toEqual([]);
  });

  it('is told when the operation or onRetry is no function', async () => {
    expect(await rejection(retry('connect' as unknown as () => void))).toMatchObject({ option: 'operation' });
    expect(await rejection(retry(() => {}, {}, { onRetry: 1 as unknown as () => void }))).toMatchObject({
      option: 'onRetry',
    });
  });
});
