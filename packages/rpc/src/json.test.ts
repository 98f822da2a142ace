import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from './json.js';
import { loadVectors, type Vector } from './testing/fixtures.js';

describe('reading JSON as Python does', () => {
  const vectors = loadVectors<Vector<{ text: string }, { python_repr: string } | { error: object }>>(
    'json-encoding',
    'loads',
  );
  const expected: Record<string, unknown> = {
    'loads:inf': [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    'loads:dup keys': { a: 2 },
    'loads:big exp': Number.POSITIVE_INFINITY,
    'loads:lone surrogate': '\ud800',
    // Python's whole numbers have no negative zero; JavaScript's do, and -0 === 0.
    'loads:neg zero': -0,
  };

  it.each(vectors)('$id', ({ id, in: { text }, out }) => {
    if ('error' in out) expect(() => parseJson(text)).toThrow(SyntaxError);
    else expect(parseJson(text)).toEqual(expected[id]);
  });

  it('has all its cases', () => {
    expect(vectors.filter(({ out }) => 'python_repr' in out).map(({ id }) => id)).toEqual(Object.keys(expected));
    expect(vectors).toHaveLength(10);
  });
});

describe('the tokens that JSON does not have', () => {
  it('are read where values stand, and left alone in strings', () => {
    expect(parseJson('{"a": NaN, "NaN": "-Infinity, NaN", "b": [-Infinity, Infinity], "c\\"": "\\\\"}')).toEqual({
      a: Number.NaN,
      NaN: '-Infinity, NaN',
      b: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
      'c"': '\\',
    });
  });

  it.each(['NaN1', 'xNaN', '-NaN', '{NaN: 1}x', '"NaN', 'Infinity Infinity', '+Infinity'])(
    'do not make %s JSON',
    (text) => {
      expect(() => parseJson(text)).toThrow(SyntaxError);
    },
  );

  it('leave every other value as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = `[${JSON.stringify(value)}, NaN, Infinity]`;
        expect(parseJson(text)).toEqual([JSON.parse(JSON.stringify(value)), Number.NaN, Number.POSITIVE_INFINITY]);
      }),
    );
  });

  it('are found in a long string without end in good time', () => {
    expect(() => parseJson(`NaN "${'\\'.repeat(1_000_001)}`)).toThrow(SyntaxError);
  });
});
