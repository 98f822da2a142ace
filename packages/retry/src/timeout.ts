import type { AttemptTimeout } from './attempt.js';
import { RetryError } from './errors.js';
import { startTimer } from './timer.js';
import { untilAborted } from './until-aborted.js';
import { check, number } from './validate.js';

/**
 * A limit for each attempt: once `ms` have passed its signal aborts with a {@link RetryError} of code
 * `ERR_LEVERET_RETRY_ATTEMPT_TIMEOUT`.
 *
 * In mode `'race'`, the default, the attempt has failed then and is not waited for, whether it heeds its signal or not. In
 * mode `'cooperative'` it is waited for, and how it ends is how it ended: no two attempts ever run side by side.
 *
 * @throws RetryError
 */
export function timeLimit(ms: number, mode: 'race' | 'cooperative' = 'race'): AttemptTimeout {
  number('ms', ms);
  check(mode === 'race' || mode === 'cooperative', 'mode', mode, "'race' or 'cooperative'");
  return (attempt, outer, clock, unref) => {
    // Not AbortSignal.any: what that leaves on a long-lived signal cannot be taken back.
    const controller = new AbortController();
    const { signal } = controller;
    const end = startTimer(
      clock,
      ms,
      unref,
      () => {
        controller.abort(
          outer?.aborted
            ? outer.reason
            : new RetryError('ERR_LEVERET_RETRY_ATTEMPT_TIMEOUT', `Attempt ${attempt} took longer than ${ms} ms`, {
                attempt,
                timeoutMs: ms,
              }),
        );
      },
      outer,
    );
    return { signal, race: (work) => (mode === 'race' ? untilAborted(work, signal) : work), end };
  };
}
