import { waitBounded } from './bounded-wait.js';
import { checkRecord } from './checks.js';
import { type Contract, contractOf } from './contract.js';
import { MessagingTimeoutError } from './errors.js';
import type { Sending } from './sending.js';
import { describeTarget } from './target.js';
import { validateArgs, validateReceivedResult } from './validate.js';

/**
 * Validates arguments, sends, and validates the result; all within the timeout. Arguments are sent as they are: what
 * travels is what goes into the schema, and the server's turns it into what comes out.
 * @throws InvalidArgumentError for a method that is not in the contract; ArgsValidationError, ResultValidationError; what
 * `send` throws.
 */
export async function sendChecked(
  contract: Contract,
  sending: Sending,
  send: (sending: Sending) => Promise<unknown>,
): Promise<unknown> {
  const { kind, method, args, settings } = sending;
  const ofMethod = contractOf(contract, method);
  checkRecord('args', args);
  const deadline = performance.now() + settings.timeoutMs;
  const checkingArgs = validateArgs(method, ofMethod, args);
  let remaining = sending;
  if (checkingArgs instanceof Promise) {
    await withinTime(sending, deadline, checkingArgs);
    remaining = { ...sending, settings: { ...settings, timeoutMs: remainingMs(deadline) } };
  }
  const result = await send(remaining);
  if (kind === 'cast') return undefined;
  const checkingResult = validateReceivedResult(method, ofMethod, result);
  return checkingResult instanceof Promise ? withinTime(sending, deadline, checkingResult) : checkingResult;
}

function withinTime({ method, settings, signal }: Sending, deadline: number, checking: Promise<unknown>) {
  const { target, timeoutMs } = settings;
  return waitBounded(checking, {
    signal,
    timeoutMs: remainingMs(deadline),
    timedOut: () =>
      new MessagingTimeoutError({
        method,
        target,
        describedTarget: describeTarget(target),
        timeoutMs,
        stage: 'validation',
        lastHeartbeatAgoMs: null,
      }),
  });
}

function remainingMs(deadline: number): number {
  return Math.max(1, Math.ceil(deadline - performance.now()));
}
