import type { RequestInfo } from './endpoint.js';

type ErrorClass = abstract new (...args: never[]) => object;

/** What an expected error travels in from the method to the server. */
export class ExpectedError {
  readonly #error: unknown;

  constructor(error: unknown) {
    this.#error = error;
  }

  get error(): unknown {
    return this.#error;
  }

  /** Asks the value nothing: what was thrown may be a proxy, whose `instanceof` throws. */
  static is(thrown: unknown): thrown is ExpectedError {
    return typeof thrown === 'object' && thrown !== null && #error in thrown;
  }
}

/**
 * The method, with errors of these classes told as `expected` in the server's events: they are part of its contract, and
 * no reason to alarm anyone. The caller gets them as any other. oslo: `expected_exceptions`.
 */
export function expectedErrors<Args, Result>(
  classes: readonly ErrorClass[],
  method: (args: Args, request: RequestInfo) => Result,
): (args: Args, request: RequestInfo) => Promise<Awaited<Result>> {
  return async function expecting(this: unknown, args: Args, request: RequestInfo): Promise<Awaited<Result>> {
    try {
      return await Reflect.apply(method, this, [args, request]);
    } catch (error) {
      throw classes.some((each) => error instanceof each) ? new ExpectedError(error) : error;
    }
  };
}
