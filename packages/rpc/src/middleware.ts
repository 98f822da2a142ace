import { InvalidArgumentError, RpcError } from './errors.js';

/**
 * What stands around a call, a cast, or the run of a method. What it returns, or resolves to, is the result; if that is
 * undefined, what `next` came to is. It can change the call's `args` and `context` before `next`, leave `next` out, and
 * throw.
 */
export type Middleware<Call> = (call: Call, next: () => Promise<unknown>) => unknown;

/** All of them around the last step, the first outermost. */
export type MiddlewareChain<Call> = (call: Call, last: () => Promise<unknown>) => Promise<unknown>;

/** A middleware has called `next` twice, or after it had ended: there is one call, and it was made, or is over. */
export class MiddlewareError extends RpcError {
  override readonly name: string = 'MiddlewareError';

  constructor(message: string) {
    super('ERR_LEVERET_MIDDLEWARE', message);
  }
}

/** The chain, or undefined if there is nothing in it. @throws InvalidArgumentError */
export function composeMiddleware<Call>(
  middleware: readonly Middleware<Call>[] | undefined,
): MiddlewareChain<Call> | undefined {
  if (middleware === undefined) return undefined;
  if (!Array.isArray(middleware)) throw new InvalidArgumentError('middleware must be a list of functions.');
  const all = [...middleware] as readonly Middleware<Call>[];
  for (const [index, each] of all.entries()) {
    if (typeof each !== 'function') throw new InvalidArgumentError(`middleware[${index}] is not a function.`);
  }
  return all.length === 0 ? undefined : (call, last) => runFrom(0, all, call, last);
}

async function runFrom<Call>(
  index: number,
  all: readonly Middleware<Call>[],
  call: Call,
  last: () => Promise<unknown>,
): Promise<unknown> {
  const middleware = all[index];
  if (middleware === undefined) return last();
  let following: Promise<unknown> | undefined;
  let ended = false;
  const next = (): Promise<unknown> => {
    if (following !== undefined) throw new MiddlewareError(`middleware[${index}] called next() a second time.`);
    if (ended) throw new MiddlewareError(`middleware[${index}] called next() after it had ended.`);
    following = runFrom(index + 1, all, call, last);
    // A middleware that does not await it must not end the process when it fails.
    following.catch(() => {});
    return following;
  };
  try {
    const outcome = await middleware(call, next);
    return outcome === undefined ? await following : outcome;
  } finally {
    ended = true;
  }
}
