import { describe, expect, it } from 'vitest';
import { plainTable, tableOf } from './plain-table.js';

describe('plain tables', () => {
  it('become fields of the types that RabbitMQ and its clients use', () => {
    const octets = Buffer.from('x');
    const table = tableOf({
      small: 1,
      large: 2 ** 31,
      fraction: 0.5,
      big: 2n ** 60n,
      text: 'é',
      yes: true,
      none: null,
      left: undefined,
      octets,
      at: new Date(5_000),
      list: [1, 'a'],
      inner: { deep: false },
    });
    expect(Object.fromEntries(table)).toEqual({
      small: { type: 'I', value: 1 },
      large: { type: 'l', value: 2n ** 31n },
      fraction: { type: 'd', value: 0.5 },
      big: { type: 'l', value: 2n ** 60n },
      text: { type: 'S', value: 'é' },
      yes: { type: 't', value: true },
      none: { type: 'V' },
      octets: { type: 'x', value: octets },
      at: { type: 'T', value: 5n },
      list: {
        type: 'A',
        value: [
          { type: 'I', value: 1 },
          { type: 'S', value: 'a' },
        ],
      },
      inner: { type: 'F', value: new Map([['deep', { type: 't', value: false }]]) },
    });
  });

  it('come back as they were', () => {
    const record = { a: 1, b: 2 ** 40, c: 2n ** 60n, d: [null, { e: 'f' }], g: new Date(7_000), h: Buffer.from('i') };
    expect(plainTable(tableOf(record))).toEqual(record);
  });

  it('give decimals as numbers, and numbers of 64 bits as numbers where that is exact', () => {
    const table = new Map([
      ['decimal', { type: 'D', scale: 2, value: 314 }],
      ['exact', { type: 'l', value: 5n }],
    ] as const);
    expect(plainTable(table)).toEqual({ decimal: 3.14, exact: 5 });
  });

  it('cannot hold functions and symbols, nor numbers beyond 64 bits', () => {
    expect(() => tableOf({ f: () => 1 })).toThrow('A table cannot hold a function');
    expect(() => tableOf({ s: Symbol('s') })).toThrow('A table cannot hold a symbol');
    expect(() => tableOf({ n: 2n ** 63n })).toThrow(RangeError);
  });
});
