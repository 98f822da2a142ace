import { describe, expect, it } from 'vitest';
import { failing, rejection } from '../test/support.js';
import type { AttemptTimeout } from './attempt.js';
import { retry } from './retry.js';
import { VirtualClock } from './testing.js';

describe('a policy that cannot be', () => {
  it.each([
    [{ retries: -1 }, '`retries` is -1: give a number, 0 or more.'],
    [{ retries: 1.5 }, '`retries` is 1.5'],
    [{ maxElapsedMs: -1 }, '`maxElapsedMs` is -1'],
    [{ maxRetryAfterMs: Number.NaN }, '`maxRetryAfterMs` is NaN'],
    [{ hosts: 0 }, '`hosts` is 0'],
    [{ attemptTimeout: 5 as unknown as AttemptTimeout }, '`attemptTimeout` is 5'],
    [{ backoff: 100 as unknown as number[] }, '`backoff` is 100: give an iterable such as'],
    [{ shouldRetry: true as unknown as () => boolean }, '`shouldRetry` is boolean: give a function.'],
    [5 as unknown as object, '`policy` is 5: give an object.'],
    [null as unknown as object, '`policy` is null'],
  ])('is refused before the first attempt: %o', async (policy, message) => {
    const { operation, calledAt } = failing(0, new VirtualClock());
    const error = (await rejection(retry(operation, policy))) as Error;
    expect(error.message).toContain(message);
    expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_LEVERET_RETRY_OPTION$/) });
    expect(calledAt).toEqual([]);
  });

  it('is told when the operation or onRetry is no function', async () => {
    expect(await rejection(retry('connect' as unknown as () => void))).toMatchObject({ option: 'operation' });
    expect(await rejection(retry(() => {}, {}, { onRetry: 1 as unknown as () => void }))).toMatchObject({
      option: 'onRetry',
    });
  });
});
