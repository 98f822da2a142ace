import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeEnvelope } from './envelope.js';
import { decodeFailure, encodeFailure } from './failure.js';
import { RpcFault } from './index.js';
import { parseJson, stringifyJson } from './json.js';
import { answer, request, setUpClient } from './testing/client-setup.js';
import { loadVectors } from './testing/fixtures.js';
import { setUpServer } from './testing/server-setup.js';
import { toWireValue } from './wire-value.js';

const BIG = 9_007_199_254_740_993n;

/** What is sent of a value when bigints are allowed. */
const written = (value: unknown) => stringifyJson(toWireValue({ value }, 'args', true) as object);

describe('reading whole numbers that a number cannot hold', () => {
  it('keeps all their digits, and leaves every other number a number', () => {
    const text =
      '{"a": 9007199254740993, "b": [-9007199254740992, 9007199254740991, 12345678901234567890123], "c": 1.0000000000000000001, "d": 1e20, "e": -0, "12345678901234567890": "12345678901234567890"}';
    expect(parseJson(text, true)).toEqual({
      a: BIG,
      b: [-9_007_199_254_740_992n, 9_007_199_254_740_991, 12_345_678_901_234_567_890_123n],
      c: 1,
      d: 1e20,
      e: -0,
      '12345678901234567890': '12345678901234567890',
    });
  });

  it('is done only when it is asked for', () => {
    expect(parseJson('9007199254740993')).toBe(9_007_199_254_740_992);
    expect(parseJson('9007199254740993', true)).toBe(BIG);
  });

  it('goes together with the tokens that JSON does not have', () => {
    expect(parseJson('[NaN, -Infinity, 9007199254740993, [[9007199254740993]], ["x"]]', true)).toEqual([
      Number.NaN,
      Number.NEGATIVE_INFINITY,
      BIG,
      [[BIG]],
      ['x'],
    ]);
  });

  it.each([
    '{9007199254740993: 1}',
    '{NaN: 9007199254740993}',
    '09007199254740993',
    '-',
    '--9007199254740993',
    '9007199254740993 9007199254740993',
    '[9007199254740993',
    '9007199254740993n',
    '.9007199254740993',
    '9007199254740993.',
    '1.e9007199254740993',
    '"9007199254740993',
    'NaN9007199254740993',
  ])('does not make %s JSON', (text) => {
    expect(() => parseJson(text, true)).toThrow(SyntaxError);
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  it('leaves a number of more digits than Python reads a number', () => {
    expect(parseJson(`[${'9'.repeat(4_301)}]`, true)).toEqual([Number.POSITIVE_INFINITY]);
    expect(parseJson(`[${'9'.repeat(4_300)}]`, true)).toEqual([10n ** 4_300n - 1n]);
  });

  it('reads any other JSON as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), fc.boolean(), (value, spaced) => {
        const text = JSON.stringify([value, 0], undefined, spaced ? 1 : 0);
        const [read] = parseJson(text.replace(/0(\s*)\]$/u, '9007199254740993$1]'), true) as [unknown];
        // Doubles beyond 2^53 are written as whole numbers by JSON.stringify, and by nobody else.
        const wide = (each: unknown): unknown =>
          JSON.parse(JSON.stringify(each, (_key, item) => (typeof item === 'bigint' ? Number(item) : item)));
        expect(wide(read)).toEqual(JSON.parse(text)[0]);
      }),
    );
  });

  it('cannot be made to read a text as a number by who sends it', () => {
    fc.assert(
      fc.property(fc.string(), fc.bigInt(), (text, integer) => {
        const value = { texts: [text, [text], `leveret:${text}`], more: [String(integer)] };
        expect(parseJson(`[${JSON.stringify(value)}, 9007199254740993]`, true)).toEqual([value, BIG]);
      }),
    );
  });
});

describe('sending bigints', () => {
  it('writes them as whole numbers, where they stand', () => {
    expect(written([BIG, { a: -1n, b: '1n' }, new Map([['m', 0n]]), new Set([2n])])).toBe(
      '{"value":[9007199254740993,{"a":-1,"b":"1n"},{"m":0},[2]]}',
    );
  });

  it('is refused unless it is asked for, and beyond the digits that Python reads', () => {
    expect(() => toWireValue({ n: 1n }, 'args')).toThrow(
      'args.n cannot be sent: it is a bigint; send a number, or text.',
    );
    expect(written(10n ** 4_299n)).toBe(`{"value":1${'0'.repeat(4_299)}}`);
    expect(() => written(10n ** 4_300n)).toThrow('it is a bigint of more digits than Python reads');
  });

  it('gives back what was put in', () => {
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.bigInt(),
        fc.string(),
        fc.integer(),
        fc.array(tie('value')),
        fc.dictionary(fc.string(), tie('value')),
      ),
    })).value;
    // A bigint that a number can hold comes back as one: there is no telling them apart on the wire.
    const narrow = (each: unknown): unknown => {
      if (typeof each === 'bigint') return Number.isSafeInteger(Number(each)) ? Number(each) : each;
      if (Array.isArray(each)) return each.map(narrow);
      if (typeof each !== 'object' || each === null) return each;
      return Object.fromEntries(Object.entries(each).map(([key, item]) => [key, narrow(item)]));
    };
    fc.assert(
      fc.property(value, (given) => {
        expect((parseJson(written(given), true) as { value: unknown }).value).toEqual(narrow(given));
      }),
    );
  });
});

it('a client with bigints sends and reads them, in arguments, context, results and failures', async () => {
  const { transport, client } = setUpClient({ bigints: true });
  const result = client.call('m', { n: BIG }, { context: { quota: BIG } });
  await new Promise(setImmediate);
  const body = transport.published[0]?.body ?? '';
  expect(JSON.parse(body)['oslo.message']).toContain('"args":{"n":9007199254740993}');
  expect(JSON.parse(body)['oslo.message']).toContain('"_context_quota":9007199254740993');
  answer(transport, { result: toWireValue([BIG], 'result', true) });
  expect(await result).toEqual([BIG]);

  const failed = client.call('m').catch((error: unknown) => error);
  await new Promise(setImmediate);
  answer(transport, { failure: encodeFailure(new RpcFault('OverQuota', 'q', { args: [BIG], kwargs: { n: BIG } })) });
  expect(await failed).toMatchObject({ args: [BIG], kwargs: { n: BIG } });
  await client.close();
});

it('a client without refuses to send them, and reads numbers', async () => {
  const { transport, client } = setUpClient();
  await expect(client.call('m', { n: BIG })).rejects.toMatchObject({ path: 'args.n' });
  const result = client.call('m');
  await new Promise(setImmediate);
  answer(transport, { result: toWireValue(BIG, 'result', true) });
  expect(await result).toBe(9_007_199_254_740_992);
  expect(request(transport)['method']).toBe('m');
  const failure = encodeFailure(new RpcFault('OverQuota', 'q', { args: [BIG] }));
  expect(decodeFailure(failure)).toMatchObject({ args: [9_007_199_254_740_992] });
  await client.close();
});

it('a server with bigints reads and answers them', async () => {
  const seen: unknown[] = [];
  const methods = {
    double: ({ n }: { n: bigint }) => {
      seen.push(n);
      return 2n * n;
    },
  };
  const { transport, server } = setUpServer(methods, { bigints: true });
  await server.start();
  transport.inject(
    't',
    '{"method": "double", "args": {"n": 9007199254740993}, "_msg_id": "M", "_reply_q": "reply_q", "_unique_id": "U"}',
  );
  await new Promise(setImmediate);
  await server.stop();
  const [reply = ''] = transport.waiting('reply_q');
  expect(seen).toEqual([BIG]);
  expect(JSON.parse(reply)['oslo.message']).toContain('"result":18014398509481986,');
  expect(decodeEnvelope(reply)).toMatchObject({ failure: null });
});

it.each(['14.0.3', 'master'])(
  'what oslo.messaging %s sent is sent, and read, to the last digit',
  async (generation) => {
    interface Case {
      readonly id: string;
      readonly kind?: string;
      readonly request: { readonly body_utf8: string };
      readonly replies: readonly { readonly body_utf8: string }[];
    }
    const vector = loadVectors<Case>(`messages-${generation}`).find(({ id }) => id === 'call-bigint');
    const text = vector?.request.body_utf8 ?? '';
    expect(text).toContain('9007199254740993');
    const methods = { echo: ({ value }: { value: unknown }) => value };
    const { transport, server } = setUpServer(methods, { bigints: true });
    await server.start();
    const queue = String(decodeEnvelope(text)['_reply_q']);
    transport.declare(queue);
    transport.inject('t', text);
    await new Promise(setImmediate);
    await server.stop();
    const inner = (body = '') =>
      String(JSON.parse(body)['oslo.message'])
        .replaceAll(' ', '')
        .replace(/_unique_id.*/u, '');
    expect(inner(transport.waiting(queue)[0])).toBe(inner(vector?.replies.at(-1)?.body_utf8));
  },
);

it('the option is true or false', () => {
  expect(() => setUpClient({ bigints: 1 as never })).toThrow('bigints must be true or false, got 1.');
  expect(() => setUpServer({ m: () => 1 }, { bigints: 'yes' as never })).toThrow('bigints must be true or false');
});
