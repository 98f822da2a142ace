import { describe, expect, it } from 'vitest';
import { composeMiddleware, type Middleware } from './middleware.js';

interface Call {
  value: number;
}

const run = (middleware: readonly Middleware<Call>[], last: (call: Call) => unknown = ({ value }) => value) => {
  const call = { value: 1 };
  return composeMiddleware(middleware)?.(call, async () => last(call));
};

describe('a chain of middleware', () => {
  it('is none when there is nothing in it', () => {
    expect([composeMiddleware(undefined), composeMiddleware([])]).toEqual([undefined, undefined]);
  });

  it('runs from the first to the last, and back', async () => {
    const order: string[] = [];
    const named =
      (name: string): Middleware<Call> =>
      async (_call, next) => {
        order.push(`${name} in`);
        await next();
        order.push(`${name} out`);
      };
    await run([named('a'), named('b')], () => void order.push('last'));
    expect(order).toEqual(['a in', 'b in', 'last', 'b out', 'a out']);
  });

  it('hands the result back, if nobody changes it', async () => {
    const silent: Middleware<Call> = async (_call, next) => {
      await next();
    };
    expect(await run([silent, (_call, next) => next(), silent])).toBe(1);
    expect(await run([async (_call, next) => Number(await next()) + 1, silent])).toBe(2);
    expect(await run([async (_call, next) => (await next()) && null, silent])).toBe(null);
  });

  it('lets each change what the next gets', async () => {
    const double: Middleware<Call> = (call, next) => {
      call.value *= 2;
      return next();
    };
    expect(await run([double, double, double])).toBe(8);
  });

  it('ends where next is left out', async () => {
    let reached = false;
    expect(
      await run([() => 'cached'], () => {
        reached = true;
      }),
    ).toBe('cached');
    expect(await run([() => undefined], () => 1)).toBeUndefined();
    expect(reached).toBe(false);
  });

  it('fails with what is thrown, on either side of next, and lets each catch what comes after it', async () => {
    const failure = new Error('no');
    const fail = (): never => {
      throw failure;
    };
    await expect(run([fail])).rejects.toBe(failure);
    await expect(run([(_call, next) => next()], fail)).rejects.toBe(failure);
    await expect(run([async (_call, next) => next().then(fail)])).rejects.toBe(failure);
    expect(await run([(_call, next) => next().catch(() => 'caught'), fail])).toBe('caught');
  });

  it('ends no process when a middleware does not wait for what fails after it', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    const careless: Middleware<Call> = (_call, next) => {
      void next();
      return 'gone';
    };
    expect(await run([careless], () => Promise.reject(new Error('unheard')))).toBe('gone');
    await new Promise(setImmediate);
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
  });

  it('makes no second call of one', async () => {
    let calls = 0;
    const twice: Middleware<Call> = async (_call, next) => {
      await next();
      await next();
    };
    await expect(run([(_call, next) => next(), twice], () => ++calls)).rejects.toMatchObject({
      code: 'ERR_LEVERET_MIDDLEWARE',
      message: 'middleware[1] called next() a second time.',
    });
    expect(calls).toBe(1);
    let late: (() => Promise<unknown>) | undefined;
    await run([
      (_call, next) => {
        late = next;
        return 'ended';
      },
    ]);
    expect(() => late?.()).toThrow('middleware[0] called next() after it had ended.');
  });

  it('is a list of functions', () => {
    expect(() => composeMiddleware((() => {}) as never)).toThrow('middleware must be a list of functions.');
    expect(() => composeMiddleware([() => {}, 5 as never])).toThrow('middleware[1] is not a function.');
  });
});
