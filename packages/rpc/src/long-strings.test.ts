import type { Delivery } from '@leveret/transport';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeDelivery, decodeEnvelope, encodeEnvelope } from './envelope.js';
import { cutOutLongStrings, LONG_LENGTH, takeOutLongStrings } from './long-strings.js';

const LONG = 'x'.repeat(LONG_LENGTH);

/** Strings of which some are long, and some have something to escape. */
const text = fc
  .tuple(
    fc.constantFrom('', LONG, LONG.slice(1), `é${LONG}`, `€${LONG}`, `😀${LONG}`),
    fc.constantFrom('', 'y', '"', '\\', '\n', '\u0000', '\u007f', '\u2028', '\ud800', '😀', '{"a":1}', 'a\\"b'),
    fc.constantFrom('', LONG),
  )
  .map((pieces) => pieces.join(''));

const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(text, fc.constantFrom(null, true, 1.5, -0)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', 'a', '7')), tie('value'), { maxKeys: 4 }),
  ),
})).value;

const message = fc.dictionary(fc.oneof(fc.constantFrom('result', 'args', '__proto__', '1'), text), value, {
  maxKeys: 4,
});

const plainEnvelope = (of: unknown): string =>
  JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': JSON.stringify(of) });

function deliveryOf(body: string): Delivery {
  return { contentType: 'application/json', body: Buffer.from(body), headers: {} } as Delivery;
}

/** As what was encoded in UTF-8 is decoded. */
function wellFormed(of: string): string {
  return of.replace(/\p{Surrogate}/gu, '\ufffd');
}

/** What a body is read as, or the error. */
function outcome(read: () => unknown): unknown {
  try {
    return { message: read() };
  } catch (error) {
    return { error: String(error) };
  }
}

describe('an envelope with long strings', () => {
  it('is byte by byte what JSON makes of it', () => {
    fc.assert(
      fc.property(message, (of) => {
        expect(encodeEnvelope(of)).toBe(plainEnvelope(of));
      }),
      { numRuns: 500 },
    );
  });

  it('leaves the message as it was', () => {
    const of = { args: { list: [LONG, 1], deep: { b: { c: LONG } } } };
    const before = structuredClone(of);
    expect(takeOutLongStrings(of)?.strings).toEqual([LONG, LONG]);
    expect(of).toEqual(before);
  });

  it('leaves alone what is no plain object: it may have a way of its own to become JSON', () => {
    class Money {
      readonly note = LONG;
      toJSON(): string {
        return '5 EUR';
      }
    }
    expect(encodeEnvelope({ price: new Money() })).toBe(plainEnvelope({ price: '5 EUR' }));
  });

  it('does not look for ever in a message of many values', () => {
    const many = Array.from({ length: 1000 }, () => 'short');
    expect(takeOutLongStrings({ many, note: LONG })).toBeUndefined();
    expect(takeOutLongStrings({ note: LONG, many })?.strings).toEqual([LONG]);
  });

  it('is read as it is without cutting, whoever wrote it', () => {
    const asPython = (body: string): string =>
      body.replace('{"oslo.version":"2.0","oslo.message":', '{"oslo.version": "2.0", "oslo.message": ');
    fc.assert(
      fc.property(message, fc.boolean(), (of, python) => {
        const body = python ? asPython(plainEnvelope(of)) : plainEnvelope(of);
        expect(decodeDelivery(deliveryOf(body))).toEqual(decodeEnvelope(wellFormed(body)));
      }),
      { numRuns: 500 },
    );
  });

  it('is read or refused as without cutting, whatever has become of its text', () => {
    const piece = fc.constantFrom(
      '"',
      '\\',
      '\\"',
      '\\\\',
      '\\n',
      '\n',
      '\\u005c',
      '\\u0022',
      ' ',
      ',',
      '{}',
      LONG,
      '',
    );
    const damage = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.nat(3), put: piece });
    fc.assert(
      fc.property(message, fc.array(damage, { minLength: 1, maxLength: 3 }), (of, damages) => {
        let body = wellFormed(plainEnvelope(of));
        for (const { at, cut, put } of damages) {
          const from = Math.floor(at * body.length);
          body = body.slice(0, from) + put + body.slice(from + cut);
        }
        body = wellFormed(body);
        expect(outcome(() => decodeDelivery(deliveryOf(body)))).toEqual(outcome(() => decodeEnvelope(body)));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['a long string that ends another', `{"a": "b\\"${LONG}"}`],
    ['a long key', `{"${LONG}": 1}`],
    ['a long string twice under one key', `{"a": "${LONG}", "a": "${LONG}"}`],
    ['a long list of numbers between strings', `{"a": "b", "c": [${'1,'.repeat(LONG_LENGTH)}1], "d": "e"}`],
    ['long spaces', `{"a": "b",${' '.repeat(LONG_LENGTH)}"c": "d"}`],
    ['a key called __proto__', `{"__proto__": "${LONG}"}`],
  ])('%s is read as it is', (_what, inner) => {
    const body = JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': inner });
    const read = decodeDelivery(deliveryOf(body));
    expect(read).toEqual(JSON.parse(inner));
    expect(Object.keys(read)).toEqual(Object.keys(JSON.parse(inner)));
  });

  it('is not cut for a string that is the lesser part of it', () => {
    const body = (rest: number): string =>
      plainEnvelope({ note: LONG, list: Array.from({ length: rest }, () => '12345') });
    expect(cutOutLongStrings(body(1))?.strings.size).toBe(1);
    expect(cutOutLongStrings(body(500))).toBeUndefined();
  });
});
