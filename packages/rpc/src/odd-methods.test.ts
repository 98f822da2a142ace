import { MessageDeliveryError } from '@leveret/transport';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decodeEnvelope } from './envelope.js';
import { expectedErrors, type Method } from './index.js';
import { body, gate, replies, setUpServer } from './testing/server-setup.js';

const unhandled = vi.fn();
beforeEach(() => {
  vi.useFakeTimers();
  process.on('unhandledRejection', unhandled);
});
afterEach(() => {
  vi.useRealTimers();
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

/** Lets everything happen that needs no time to pass. */
const turn = () => vi.advanceTimersByTimeAsync(0);

interface Failure {
  class: string;
  message: string;
}

async function answerOf(method: Method): Promise<{ failure: Failure | undefined; events: string[] }> {
  const { transport, server, events } = setUpServer({ m: method, works: () => 1 });
  await server.start();
  transport.inject('t', body('m'));
  await turn();
  transport.inject('t', body('works'));
  await turn();
  await server.stop();
  const [reply, next] = replies(transport);
  // Unharmed: it goes on.
  expect(next?.['result']).toBe(1);
  const failure = reply?.['failure'];
  return {
    failure: typeof failure === 'string' ? (JSON.parse(failure) as Failure) : undefined,
    events: events.map(({ type }) => type),
  };
}

function cyclicCause(): Error {
  const error = new TypeError('round');
  error.cause = new Error('and round', { cause: error });
  return error;
}

function getters(): object {
  const explode = () => {
    throw new Error('getter');
  };
  return Object.defineProperties({}, { message: { get: explode }, name: { get: explode }, stack: { get: explode } });
}

// Every question that is asked of it throws, even what it is an instance of.
const hostile = (): object =>
  new Proxy(
    {},
    {
      get: () => {
        throw new Error('trap');
      },
      has: () => {
        throw new Error('trap');
      },
      getPrototypeOf: () => {
        throw new Error('trap');
      },
      ownKeys: () => {
        throw new Error('trap');
      },
    },
  );

const unreadable = 'The method failed with an error that cannot be read.';

describe('a method that throws', () => {
  it.each<[string, unknown, string, string]>([
    ['undefined', undefined, 'Exception', 'undefined'],
    ['null', null, 'Exception', 'null'],
    ['a string', 'no', 'Exception', 'no'],
    ['an empty string', '', 'Exception', ''],
    ['a symbol', Symbol('no'), 'Exception', 'Symbol(no)'],
    ['a bigint', 7n, 'Exception', '7'],
    ['a frozen error', Object.freeze(new RangeError('cold')), 'ValueError', 'cold'],
    ['an object', { code: 7 }, 'Exception', 'An object that is no Error was thrown.'],
    ['an object without a prototype', Object.create(null), 'Exception', 'An object that is no Error was thrown.'],
    ['an error that is its own cause', cyclicCause(), 'TypeError', 'round'],
    [
      'an error with an odd message',
      Object.assign(new Error('x'), { message: { y: 1 } }),
      'Exception',
      '[object Object]',
    ],
    ['an error whose getters throw', getters(), 'Exception', unreadable],
    ['a proxy whose traps throw', hostile(), 'Exception', unreadable],
  ])('%s answers its caller, and harms nobody', async (_name, thrown, type, message) => {
    const asynchronous = await answerOf(() => Promise.reject(thrown));
    const synchronous = await answerOf(() => {
      throw thrown;
    });
    const { class: name, message: text } = asynchronous.failure ?? { class: '', message: '' };
    expect([name, text]).toEqual([type, message]);
    expect(synchronous.failure).toMatchObject({ class: name, message: text });
    expect(asynchronous.events).toEqual(['request-failed']);
  });

  it('a proxy whose traps throw, and expects errors', async () => {
    const { failure } = await answerOf(expectedErrors([RangeError], () => Promise.reject(hostile())));
    expect(failure).toMatchObject({ class: 'Exception' });
  });
});

function nested(depth: number): unknown {
  let value: unknown = 0;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

const endless = { toJSON: (): object => ({ toJSON: endless.toJSON }) };
const cycle: Record<string, unknown> = {};
cycle['self'] = { cycle };

describe('a method that returns', () => {
  it.each<[string, unknown, string]>([
    ['a bigint', { n: 1n }, 'its result.n cannot be sent: it is a bigint; send a number, or text.'],
    ['a cycle', cycle, 'its result.self.cycle cannot be sent: it contains itself.'],
    ['a function', { f() {} }, 'its result.f cannot be sent: it is a function.'],
    ['what is nested too deeply', nested(100_000), 'its result cannot be sent: it is nested too deeply.'],
    ['a toJSON without an end', endless, 'its result cannot be sent: it is nested too deeply.'],
  ])('%s answers its caller with what is wrong', async (_name, result, message) => {
    const { failure, events } = await answerOf(() => result);
    expect(failure).toMatchObject({ class: 'RuntimeError', message: `The method 'm' ended, but ${message}` });
    expect(events).toEqual(['result-refused', 'request-failed']);
  });

  it.each<[string, unknown]>([
    ['a proxy whose traps throw', hostile()],
    [
      'a thenable whose then throws',
      {
        // biome-ignore lint/suspicious/noThenProperty: it is what the test is about.
        get then() {
          throw new Error('trap');
        },
      },
    ],
    [
      'a toJSON that throws',
      {
        toJSON() {
          throw new Error('trap');
        },
      },
    ],
  ])('%s answers its caller with the error', async (_name, result) => {
    const { failure, events } = await answerOf(() => result);
    expect(failure).toMatchObject({ class: 'Exception', message: 'trap' });
    expect(events).toEqual(['request-failed']);
  });

  it('more than the broker takes answers its caller with the broker’s refusal', async () => {
    const { transport, server, events } = setUpServer({ m: () => 'x'.repeat(2_000) });
    const error = new MessageDeliveryError('It is too large.', { outcome: 'refused', exchange: '', routingKey: 'q' });
    transport.onPublish = (published) => (published.body.length > 1_000 ? error : undefined);
    await server.start();
    transport.inject('t', body('m', {}, { queue: 'late' }));
    transport.inject('t', body('m'));
    await turn();
    expect(JSON.parse(String(replies(transport)[0]?.['failure']))).toMatchObject({
      class: 'RuntimeError',
      message: "The method 'm' ended, but its reply was refused. It is too large.",
    });
    expect(events).toContainEqual({ type: 'reply-refused', queue: 'reply_q', messageId: expect.any(String), error });
    transport.declare('late');
    await vi.advanceTimersByTimeAsync(250);
    expect(transport.waiting('late').map((each) => typeof decodeEnvelope(each)['failure'])).toEqual(['string']);
    await server.stop();
  });
});

describe('a method that never returns', () => {
  it('is given up after the time it has, and its caller and its signal are told', async () => {
    const reasons: unknown[] = [];
    const { transport, server, events } = setUpServer(
      {
        m: (_args, { signal }) => {
          signal.addEventListener('abort', () => reasons.push(signal.reason));
          return new Promise(() => {});
        },
        works: () => 1,
      },
      { methodTimeoutMs: 1_000, concurrency: 1 },
    );
    await server.start();
    transport.inject('t', body('m'));
    transport.inject('t', body('works'));
    await vi.advanceTimersByTimeAsync(999);
    expect([replies(transport), reasons]).toEqual([[], []]);
    await vi.advanceTimersByTimeAsync(1);
    const [failure, next] = replies(transport);
    expect(JSON.parse(String(failure?.['failure']))).toMatchObject({
      class: 'TimeoutError',
      module: 'builtins',
      message: 'The method did not end within the 1000 ms that its server allows.',
    });
    // Its place is free again.
    expect(next?.['result']).toBe(1);
    const error = expect.objectContaining({ code: 'ERR_LEVERET_METHOD_TIMEOUT', timeoutMs: 1_000 });
    expect(reasons).toEqual([error]);
    expect(events).toEqual([{ type: 'request-failed', method: 'm', error, expected: false, kind: 'call' }]);
    await server.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('but after all, has what it brings dropped', async () => {
    const late = [gate(), gate()];
    const method: Method = async ({ n }) => {
      await late[n]?.promise;
      if (n === 1) throw new Error('late');
    };
    const { transport, server } = setUpServer({ m: method }, { methodTimeoutMs: 10 });
    await server.start();
    for (const n of [0, 1]) transport.inject('t', body('m', { n }));
    await vi.advanceTimersByTimeAsync(10);
    for (const { open } of late) open();
    await turn();
    expect(replies(transport).map(({ ending }) => ending)).toEqual([true, true]);
    await server.stop();
  });
});

it('a method that fails after its server was stopped still answers', async () => {
  const { promise, open } = gate();
  const { transport, server } = setUpServer({
    m: async () => {
      await promise;
      throw new Error('late');
    },
  });
  await server.start();
  transport.inject('t', body('m'));
  await turn();
  const stopped = server.stop({ drainMs: 10 });
  await vi.advanceTimersByTimeAsync(10);
  await stopped;
  open();
  await turn();
  expect(JSON.parse(String(replies(transport)[0]?.['failure']))).toMatchObject({ message: 'late' });
});

it('what arrives while the server drains goes back', async () => {
  const { promise, open } = gate();
  const { transport, server } = setUpServer({ m: () => promise });
  await server.start();
  // Was on its way when the consumer was cancelled.
  const late = transport.lateHandler('t');
  transport.inject('t', body('m'));
  await turn();
  const stopped = server.stop();
  await turn();
  late(body('m'));
  await turn();
  expect(transport.settlements.map(({ action }) => action)).toEqual(['ack', 'requeue']);
  open();
  await stopped;
});
