import { expect, it } from 'vitest';
import { createTransportUrl, formatTransportUrl, Secret } from '../test/all.js';

it('escapes what needs it', () => {
  const url = createTransportUrl({
    transport: 'rabbit',
    hosts: [
      { hostname: 'h1', port: 5672, username: 'u@x', password: 'p/#?@:,' },
      { hostname: '::1', username: 'v', password: new Secret('€ %') },
    ],
    virtualHost: '/a b',
    query: [
      ['x', '1'],
      ['x', '&'],
    ],
  });
  expect(formatTransportUrl(url, { secrets: 'include' })).toBe(
    'rabbit://u%40x:p%2F%23%3F%40%3A%2C@h1:5672,v:%E2%82%AC%20%25@[::1]/%2Fa%20b?x=1%2C%26',
  );
  expect(String(url)).toBe('rabbit://u%40x:***@h1:5672,v:***@[::1]/%2Fa%20b?x=1&x=%26');
});

it.each([
  [{ transport: 'rabbit://h' }, 'NO_SCHEME'],
  [{ transport: 'rabbit', hosts: [{ hostname: 'h1,h2' }] }, 'BAD_HOST'],
  [{ transport: 'rabbit', hosts: [{ hostname: 'h/v' }] }, 'BAD_HOST'],
  [{ transport: 'rabbit', hosts: [{ hostname: 'h%2Fv' }] }, 'BAD_HOST'],
  [{ transport: 'rabbit', hosts: [{ hostname: 'h:1' }] }, 'BAD_IPV6'],
  [{ transport: 'rabbit', hosts: [{ hostname: '[::1]' }] }, 'BAD_IPV6'],
  [{ transport: 'rabbit', hosts: [{ hostname: '::1%a]/v' }] }, 'BAD_IPV6'],
  [{ transport: 'rabbit', hosts: [{ hostname: 'h', port: 1.5 }] }, 'BAD_PORT'],
  [{ transport: 'rabbit', hosts: [{ hostname: 'h', port: 65_536 }] }, 'BAD_PORT'],
  [{ transport: 'rabbit', hosts: [{ hostname: 'h', port: -1 }] }, 'BAD_PORT'],
  [{ transport: 'rabbit', virtualHost: '\ud800' }, 'LONE_SURROGATE'],
  [{ transport: 'amqp', hosts: [{ hostname: 'h1', username: 'u' }, { hostname: 'h2' }] }, 'MIXED_CREDENTIALS'],
])('refuses %j', (init, code) => {
  expect(() => createTransportUrl(init)).toThrow(expect.objectContaining({ code: `ERR_LEVERET_URL_${code}` }));
});

it('writes nothing out unless told what to do with the secrets', () => {
  const url = createTransportUrl({ transport: 'rabbit', hosts: [{ password: 'hunter2' }] });
  expect(() => formatTransportUrl(url, {} as never)).toThrow("formatTransportUrl needs { secrets: 'include' }");
});
