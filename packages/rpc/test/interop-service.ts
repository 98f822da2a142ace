import { setTimeout as delay } from 'node:timers/promises';
import { type Endpoint, expectedErrors, RpcFault } from '../src/index.js';

/** What the Python peer of tooling/oslo serves, in TypeScript. */
export function interopService(server: string): readonly Endpoint[] {
  let count = 0;
  const methods: Endpoint['methods'] = {
    echo: ({ value }) => value,
    nothing: () => undefined,
    whoami: () => ({ server }),
    context_echo: (args, { context }) => ({ ctxt: context, kwargs: args }),
    slow: async ({ seconds }) => {
      await delay(seconds * 1000);
      return { slept: seconds };
    },
    count: ({ by }) => {
      count += by;
    },
    get_count: () => count,
    fail: ({ message }) => {
      throw new RangeError(message);
    },
    fail_key: ({ key }) => {
      throw new RpcFault('KeyError', `'${key}'`, { args: [key] });
    },
    fail_custom: ({ reason }) => {
      throw Object.assign(new Error(`custom failure: ${reason}`), { name: 'CustomError' });
    },
    fail_expected: expectedErrors([RangeError], ({ message }) => {
      throw new RangeError(message);
    }),
    _private: () => 'must not be reachable under the default access policy',
  };
  const calc = (version: string, word: string): Endpoint => ({
    target: { namespace: 'calc', version, legacyNamespaces: word === '' ? ['oldcalc'] : [] },
    methods: { mul: ({ a, b }) => (word === '' ? a * b : `${word}${a * b}`), where: () => `calc ${version}` },
  });
  return [{ methods }, calc('2.3', ''), calc('1.7', 'old:')];
}
