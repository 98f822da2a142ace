import { describe, expect, it } from 'vitest';
import { encodeTable } from './codec/field-table.js';
import { tableOf } from './codec/plain-table.js';
import { readCredentials } from './credentials.js';

describe('credentials', () => {
  it('are read from PLAIN', () => {
    expect(readCredentials('PLAIN', Buffer.from('\0käthe\0pass word'))).toEqual({
      username: 'käthe',
      password: 'pass word',
    });
  });

  it('are read from AMQPLAIN, a table without its length', () => {
    const response = encodeTable(tableOf({ LOGIN: 'nova', PASSWORD: 's' })).subarray(4);
    expect(readCredentials('AMQPLAIN', response)).toEqual({ username: 'nova', password: 's' });
  });

  it('are not taken on behalf of somebody else', () => {
    expect(() => readCredentials('PLAIN', Buffer.from('admin\0nova\0s'))).toThrow('the response of PLAIN');
  });

  it.each([
    ['PLAIN', 'nova'],
    ['PLAIN', '\0nova\0s\0more'],
    ['AMQPLAIN', ''],
  ])('of %s that cannot be read are refused without repeating them', (mechanism, response) => {
    expect(() => readCredentials(mechanism, Buffer.from(response))).toThrow(
      `SYNTAX_ERROR - the response of ${mechanism} cannot be read`,
    );
  });

  it('of another mechanism are refused by its name', () => {
    expect(() => readCredentials('EXTERNAL', Buffer.alloc(0))).toThrow(`unknown authentication mechanism 'EXTERNAL'`);
  });
});
