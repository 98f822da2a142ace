import type { RequestInfo } from './endpoint.js';
import { InvalidArgumentError } from './errors.js';
import { exposedAs } from './expose.js';

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

/** Which errors are expected: those of these classes, or those that the function says so of. */
export type ExpectedErrors = readonly ErrorClass[] | ((error: unknown) => boolean);

/**
 * The method, with errors of these classes told as `expected` in the server's events: they are part of its contract, and
 * no reason to alarm anyone. The caller gets them as any other. oslo: `expected_exceptions`.
 * @param expected classes, or a function: `(error) => error instanceof DomainError && error.isPublic`. What it
 * throws is thrown instead.
 * @throws InvalidArgumentError for a class that is in no list.
 */
export function expectedErrors<Args, Result>(
  expected: ExpectedErrors,
  method: (args: Args, request: RequestInfo) => Result,
): (args: Args, request: RequestInfo) => Promise<Awaited<Result>> {
  const isExpected = asPredicate(expected);
  async function expecting(this: unknown, args: Args, request: RequestInfo): Promise<Awaited<Result>> {
    try {
      return await Reflect.apply(method, this, [args, request]);
    } catch (error) {
      throw isExpected(error) ? new ExpectedError(error) : error;
    }
  }
  return exposedAs(method, expecting);
}

function asPredicate(expected: ExpectedErrors): (error: unknown) => boolean {
  if (Array.isArray(expected)) return (error) => expected.some((each: ErrorClass) => error instanceof each);
  // An arrow function, as any that is no class, has no prototype that says more.
  if (typeof expected !== 'function' || expected.prototype instanceof Error || expected === (Error as unknown)) {
    throw new InvalidArgumentError(
      'expectedErrors takes a list of classes, as in expectedErrors([NotFound], method), or a function of the error.',
    );
  }
  return expected as (error: unknown) => boolean;
}
