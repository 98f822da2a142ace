import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from './errors.js';
import { loadVectors, type Vector } from './testing/fixtures.js';
import { toWireValue } from './wire-value.js';

describe('writing JSON as Python does', () => {
  interface In {
    python: string;
    value?: unknown;
    value_is_exact_json: boolean;
  }
  const vectors = loadVectors<Vector<In, { text: string } | { error: { class: string } }>>('json-encoding', 'dumps');

  // What stands for Python's value here.
  const values: Record<string, unknown> = {
    'dumps:inf': Number.POSITIVE_INFINITY,
    'dumps:-inf': Number.NEGATIVE_INFINITY,
    'dumps:datetime': new Date('2024-02-29T13:14:15.123Z'),
    'dumps:datetime no us': new Date('2024-02-29T13:14:15Z'),
    'dumps:datetime tz': new Date('2024-02-29T15:14:15.000+02:00'),
    'dumps:datetime old': new Date('1920-02-03T04:05:06Z'),
    'dumps:bytes utf8': Buffer.from('für'),
    'dumps:bytes invalid': new Uint8Array([0xff]),
    'dumps:set': new Set([1]),
    'dumps:range': [0, 1, 2],
    'dumps:mapping-like': new Map([['x', 1]]),
    'dumps:bool and none keys': new Map<unknown, unknown>([
      [true, 1],
      [false, 2],
      [null, 3],
    ]),
  };
  const deviations = new Map([
    ['dumps:inf', 'Infinity is refused: JSON does not have it, and other receivers would reject the message'],
    ['dumps:-inf', '-Infinity is refused, as Infinity'],
    ['dumps:datetime', 'a Date has milliseconds, so the last three digits are 0'],
    ['dumps:datetime tz', 'a Date is written in UTC; Python drops the time zone and writes local digits'],
    ['dumps:datetime old', 'a Date has milliseconds, so the last three digits are 0'],
    ['dumps:-0.0', 'JavaScript writes -0 as 0'],
  ]);
  const written: Record<string, string> = {
    'dumps:datetime': '"2024-02-29T13:14:15.123000"',
    'dumps:datetime tz': '"2024-02-29T13:14:15.000000"',
    'dumps:datetime old': '"1920-02-03T04:05:06.000000"',
    'dumps:-0.0': '0',
  };
  // Python types without a counterpart in JavaScript; a class or function is refused as any other.
  const withoutCounterpart = [
    'dumps:date',
    'dumps:time',
    'dumps:uuid',
    'dumps:decimal',
    'dumps:ipv4',
    'dumps:ipv6',
    'dumps:frozenset',
    'dumps:class',
    'dumps:object',
    'dumps:complex',
    'dumps:ellipsis',
    'dumps:object in list',
  ];
  const cases = vectors.filter(({ id }) => !withoutCounterpart.includes(id));

  it('has all its cases', () => expect(cases).toHaveLength(40 - withoutCounterpart.length));

  it.each(cases)('$id', ({ id, in: input, out }) => {
    const value = id in values ? values[id] : input.value;
    const write = () => JSON.stringify(toWireValue(value, 'args'));
    if ('error' in out) return void expect(write).toThrow(InvalidArgumentError);
    if (deviations.has(id)) {
      const text = written[id];
      if (text === undefined) expect(write).toThrow(InvalidArgumentError);
      else expect(write()).toBe(text);
      expect(text).not.toBe(out.text);
      return;
    }
    // Separators and the escaping of what is not ASCII are the writer's choice.
    expect(JSON.parse(write())).toEqual(JSON.parse(out.text));
  });
});

describe('a value to be sent', () => {
  it('is the same object when JSON can carry it as it is', () => {
    const value = { a: [1, { b: null }], c: 'x' };
    expect(toWireValue(value, 'args')).toBe(value);
  });

  it('is copied where something in it is not JSON, and left untouched itself', () => {
    const value = { when: new Date(0), rest: { a: 1 }, tags: [new Set(['x']), 'y'], dropped: undefined };
    expect(JSON.parse(JSON.stringify(toWireValue(value, 'args')))).toEqual({
      when: '1970-01-01T00:00:00.000000',
      rest: { a: 1 },
      tags: [['x'], 'y'],
    });
    expect(value.when).toBeInstanceOf(Date);
    expect(value.tags[0]).toBeInstanceOf(Set);
  });

  it('is what its toJSON says, or its own properties when it is of a class', () => {
    class Point {
      x = 1;
      #hidden = 2;
      sum() {
        return this.x + this.#hidden;
      }
    }
    expect(toWireValue(new URL('http://h/p'), 'args')).toBe('http://h/p');
    expect(JSON.stringify(toWireValue({ at: new Point(), d: new Date(0) }, 'args'))).toBe(
      '{"at":{"x":1},"d":"1970-01-01T00:00:00.000000"}',
    );
  });

  it('keeps a property called __proto__ a property', () => {
    const value = JSON.parse('{"__proto__": {"polluted": true}, "d": 1}') as Record<string, unknown>;
    value['d'] = new Date(0);
    expect(JSON.stringify(toWireValue(value, 'args'))).toBe(
      '{"__proto__":{"polluted":true},"d":"1970-01-01T00:00:00.000000"}',
    );
  });

  const circular: Record<string, unknown> = { list: [] };
  (circular['list'] as unknown[]).push(circular);
  it.each<[string, unknown, string]>([
    ['a bigint', { volume: { size: 1n } }, 'args.volume.size cannot be sent: it is a bigint; send a number, or text.'],
    ['a function', { f() {} }, 'args.f cannot be sent: it is a function.'],
    ['a symbol', { s: [Symbol('x')] }, 'args.s[0] cannot be sent: it is a symbol.'],
    ['undefined in a list', { l: [1, undefined] }, 'args.l[1] cannot be sent: it is undefined; send null.'],
    ['a hole in a list', { l: Array(1) }, 'args.l[0] cannot be sent: it is undefined; send null.'],
    ['NaN', { n: Number.NaN }, 'args.n cannot be sent: it is NaN, which JSON does not have.'],
    ['itself', circular, 'args.list[0] cannot be sent: it contains itself.'],
    ['a promise', { p: Promise.resolve() }, 'args.p cannot be sent: it is a promise (is an await missing?).'],
    ['a regular expression', { r: /x/ }, 'args.r cannot be sent: it is of kind RegExp.'],
    ['an error', { e: new Error('x') }, 'args.e cannot be sent: it is of kind Error.'],
    ['numbers as bytes', { b: new Float64Array(1) }, 'args.b cannot be sent: it is of kind Float64Array.'],
    ['an invalid date', { d: new Date('x') }, 'args.d cannot be sent: it is a date that Python cannot hold.'],
    ['a year of five digits', { d: new Date(8.64e15) }, 'args.d cannot be sent: it is a date that Python cannot hold.'],
    [
      'a map with an object for a key',
      { m: new Map([[{}, 1]]) },
      "args.m cannot be sent: it has a key of type object; JSON's keys are strings.",
    ],
  ])('is refused with its path when it is or holds %s', (_name, value, message) => {
    expect(() => toWireValue(value, 'args')).toThrow(
      expect.objectContaining({ code: 'ERR_LEVERET_INVALID_ARGUMENT', message }),
    );
  });

  it('may hold the same object twice', () => {
    const twice = { a: 1 };
    expect(toWireValue([twice, twice], 'args')).toEqual([{ a: 1 }, { a: 1 }]);
  });

  it('is refused when it is nested deeper than the stack', () => {
    let deep: unknown = [];
    for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];
    expect(() => toWireValue(deep, 'args')).toThrow('args cannot be sent: it is nested too deeply.');
  });

  it('arrives as it was, whatever JSON it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(toWireValue(value, 'args')).toBe(value);
      }),
    );
  });
});
