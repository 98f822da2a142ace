import { ExpectedError } from './expected-errors.js';
import type { MiddlewareChain } from './middleware.js';
import type { ServerCall } from './server-middleware.js';

/** Runs a method within the middleware, which sees an expected error as what it is; beyond it, it is expected again. */
export async function runThrough(
  chain: MiddlewareChain<ServerCall>,
  call: ServerCall,
  run: () => unknown,
): Promise<unknown> {
  let expected: ExpectedError | undefined;
  const last = async (): Promise<unknown> => {
    try {
      return await run();
    } catch (thrown) {
      if (!ExpectedError.is(thrown)) throw thrown;
      expected = thrown;
      throw thrown.error;
    }
  };
  try {
    return await chain(call, last);
  } catch (error) {
    throw expected !== undefined && error === expected.error ? expected : error;
  }
}
