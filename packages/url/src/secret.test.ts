import { format, inspect } from 'node:util';
import { expect, it } from 'vitest';
import { Secret } from '../test/all.js';

it('shows its text to nobody but the caller of reveal', () => {
  const secret = new Secret('hunter2');
  const nested = { a: [{ b: new Map([['c', { secret }]]) }] };
  const prints = [
    String(secret),
    `${secret}`,
    `${secret}!`.concat(secret as never),
    JSON.stringify({ secret }),
    inspect(nested, { depth: Number.POSITIVE_INFINITY, showHidden: true }),
    inspect(secret, { showHidden: true, customInspect: false, getters: true }),
    format('%s %o %O %j', secret, secret, secret, secret),
    JSON.stringify(structuredClone(secret)),
    Object.getOwnPropertyNames(secret).join(),
  ];
  for (const print of prints) expect(print).not.toContain('hunter2');
  expect(inspect(secret)).toBe('***');
  expect(secret.reveal()).toBe('hunter2');
});

it('cannot be changed', () => {
  const secret = new Secret('hunter2');
  expect(Object.isFrozen(secret)).toBe(true);
});
