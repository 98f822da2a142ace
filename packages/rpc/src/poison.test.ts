import { deflateSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { replies, setUpServer } from './testing/server-setup.js';

const turn = () => new Promise(setImmediate);

/** What a message that was put into the topic's queue does. */
async function effectOf(
  text: string | Buffer,
  properties?: Parameters<ReturnType<typeof setUpServer>['transport']['inject']>[2],
  options: Parameters<typeof setUpServer>[1] = {},
): Promise<{ events: unknown[]; settled: string[]; answers: number; results: unknown[]; seen: unknown[] }> {
  const seen: unknown[] = [];
  const { transport, server, events } = setUpServer(
    {
      echo: (args) => {
        seen.push(args);
        return args;
      },
    },
    options,
  );
  await server.start();
  if (properties === undefined) transport.inject('t', text);
  else transport.inject('t', text, properties);
  await turn();
  await turn();
  await server.stop();
  return {
    events,
    settled: transport.settlements.map(({ action }) => action),
    answers: transport.published.length,
    results: replies(transport).map((reply) => reply['result']),
    seen,
  };
}

const request = (fields: object): string =>
  JSON.stringify({ method: 'echo', args: {}, _msg_id: 'M', _reply_q: 'reply_q', _unique_id: 'U', ...fields });
const envelope = (version: unknown, message: unknown): string =>
  JSON.stringify({ 'oslo.version': version, 'oslo.message': message });

const malformed = (problem: string) => ({
  type: 'request-malformed',
  queue: 't',
  error: expect.objectContaining({ code: 'ERR_LEVERET_MALFORMED_MESSAGE', message: expect.stringContaining(problem) }),
});

describe('poison is one event, and is rejected', () => {
  const json = { contentType: 'application/json' };
  it.each<[string, string | Buffer, string, object?]>([
    ['JSON that is cut off', '{"method": "echo"', 'it is not JSON'],
    ['no JSON', 'hello', 'it is not JSON'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe]), 'is not UTF-8'],
    ['another content type', request({}), 'its content type is text/plain', { contentType: 'text/plain' }],
    ['a later envelope', envelope('3.0', request({})), 'its envelope has version 3.0'],
    ['an envelope of no version', envelope('new', request({})), 'has no readable version'],
    ['an envelope of numbers', envelope(2, 0), 'does not hold two strings'],
    ['an envelope around nothing', envelope('2.0', 'x'), 'it is not JSON'],
    ['a list', '[]', 'it is not a JSON object'],
    ['a list 100 000 deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'it is not a JSON object'],
    ['NaN 100 000 deep', `{"a":${'['.repeat(100_000)}NaN${']'.repeat(100_000)}}`, 'it is not JSON'],
    [
      'damaged compression',
      Buffer.from('x'),
      'cannot be decompressed',
      { headers: { compression: 'application/x-gzip' } },
    ],
    ['an unknown compression', 'x', 'compressed in a way that is not', { headers: { compression: { deep: [1] } } }],
  ])('%s', async (_name, text, problem, properties = {}) => {
    const { events, settled, answers, seen } = await effectOf(text, { ...json, ...properties });
    expect(events).toEqual([malformed(problem)]);
    expect({ settled, answers, seen }).toEqual({ settled: ['reject'], answers: 0, seen: [] });
  });

  it('a body larger than allowed, which is not even looked at', async () => {
    const { events, settled } = await effectOf(request({ args: { a: 'x'.repeat(1_000) } }), json, {
      maxBodyBytes: 1_000,
    });
    expect(events).toEqual([malformed('more than maxBodyBytes allows')]);
    expect(settled).toEqual(['reject']);
  });

  it('a small body that unfolds to more than allowed', async () => {
    const bomb = deflateSync(Buffer.alloc(10_000_000, ' '));
    expect(bomb.length).toBeLessThan(10_000);
    const compressed = { ...json, headers: { compression: 'application/x-gzip' } };
    const { events } = await effectOf(bomb, compressed, { maxBodyBytes: 1_000_000 });
    expect(events).toEqual([malformed('larger decompressed than a message may be')]);
  });
});

describe('with a place for dead letters, poison', () => {
  const poison = { contentType: 'text/plain', headers: { origin: 'here' }, priority: 3 };
  it('is published there as it came, with the reason, and acknowledged', async () => {
    const { transport, server, events } = setUpServer({ m: () => 1 }, { deadLetter: { routingKey: 'morgue' } });
    transport.declare('morgue');
    await server.start();
    transport.inject('t', 'what is this', poison);
    await turn();
    expect(events).toEqual([malformed('its content type is text/plain')]);
    expect(transport.published).toMatchObject([
      {
        routingKey: 'morgue',
        body: 'what is this',
        options: {
          contentType: 'text/plain',
          mandatory: true,
          headers: {
            origin: 'here',
            'x-leveret-queue': 't',
            'x-leveret-reason': 'The message cannot be read: its content type is text/plain, not application/json.',
          },
        },
      },
    ]);
    expect(transport.settlements).toEqual([{ queue: 't', action: 'ack' }]);
    await server.stop();
  });

  it('that cannot be published there is rejected, and told of', async () => {
    const { transport, server, events } = setUpServer({ m: () => 1 }, { deadLetter: { routingKey: 'missing' } });
    await server.start();
    transport.inject('t', 'what is this', poison);
    await turn();
    const error = expect.objectContaining({ code: 'ERR_LEVERET_UNDELIVERABLE' });
    expect(events).toContainEqual({ type: 'dead-letter-failed', queue: 't', error });
    expect(transport.settlements).toEqual([{ queue: 't', action: 'reject' }]);
    await server.stop();
  });

  it('is waited for when the server stops', async () => {
    const { transport, server } = setUpServer({ m: () => 1 }, { deadLetter: { routingKey: 'morgue' } });
    transport.declare('morgue');
    let confirm = (): void => {};
    transport.confirm = new Promise((resolve) => {
      confirm = resolve;
    });
    await server.start();
    transport.inject('t', 'what is this', poison);
    await turn();
    const stopped = server.stop();
    await turn();
    expect([server.status, transport.settlements]).toEqual(['stopping', []]);
    confirm();
    await stopped;
    expect(transport.settlements).toEqual([{ queue: 't', action: 'ack' }]);
  });
});

it('arguments 100 000 lists deep are handed over, and a result that deep is refused', async () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const text = `{"method":"echo","args":{"a":${deep}},"_msg_id":"M","_reply_q":"reply_q"}`;
  const { events, settled, answers } = await effectOf(text);
  expect(events).toMatchObject([{ type: 'result-refused' }, { type: 'request-failed' }]);
  expect({ settled, answers }).toEqual({ settled: ['ack'], answers: 1 });
});

it('names of Object.prototype are arguments and context as any other', async () => {
  const fields = '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1';
  const text = `{"method":"echo","args":{${fields}},"_context___proto__":{"polluted":1},"_msg_id":"M","_reply_q":"reply_q",${fields}}`;
  const { results, seen } = await effectOf(text);
  expect(Object.keys(results[0] as object)).toEqual(['__proto__', 'constructor', 'toString']);
  expect(Object.getPrototypeOf(seen[0])).toBe(Object.prototype);
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

describe('whatever stands in a field', () => {
  const odd = fc.constantFrom<unknown>(
    { toString: null },
    { __proto__: null, valueOf: 1 },
    JSON.parse('{"__proto__":{"length":3}}'),
    [],
    {},
    '',
    '1.',
    '1.0',
    '-1.9999999999999999999999',
    '.'.repeat(10_000),
    -0,
    2 ** 53,
    null,
  );
  const value = fc.oneof(odd, fc.jsonValue());
  const fields = [
    'method',
    'args',
    'namespace',
    'version',
    '_msg_id',
    '_reply_q',
    '_timeout',
    '_unique_id',
    '_context_user',
    'oslo.version',
    'oslo.message',
    '__proto__',
    'constructor',
  ];

  it('is settled once and gives one answer or one event, and the server goes on', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.constantFrom(...fields), value, { maxKeys: 3 }), async (odds) => {
        const { transport, server, events } = setUpServer({ echo: (args) => args, works: () => 'works' });
        await server.start();
        transport.inject('t', request(odds));
        await turn();
        const told = events.map(({ type }) => type);
        const answers = transport.published.length;
        expect(transport.settlements).toHaveLength(1);
        expect(told.filter((type) => type === 'request-malformed').length + answers).toBeLessThanOrEqual(1);
        expect(answers > 0 || told.length > 0 || isCast(odds)).toBe(true);
        transport.inject('t', request({ method: 'works', _unique_id: 'last' }));
        await turn();
        expect(replies(transport).at(-1)?.['result']).toBe('works');
        await server.stop();
      }),
      { numRuns: 500 },
    );
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  // Without an id to answer to, a method that went well leaves no trace.
  function isCast(odds: Record<string, unknown>): boolean {
    return '_msg_id' in odds && (typeof odds['_msg_id'] !== 'string' || odds['_msg_id'] === '');
  }
});
