import { describe, expect, it } from 'vitest';
import { parseTransportUrl } from '../test/all.js';

describe('parseTransportUrl', () => {
  it('reads every host with its own credentials', () => {
    const url = parseTransportUrl('rabbit://user:pass@host1:5672,user2:pass2@host2/vhost?ssl=true&x=a+b');
    const hosts = url.hosts.map((host) => [host.username, host.password?.reveal(), host.hostname, host.port]);
    expect(hosts).toEqual([
      ['user', 'pass', 'host1', 5672],
      ['user2', 'pass2', 'host2', undefined],
    ]);
    expect([url.transport, url.dialect, url.virtualHost]).toEqual(['rabbit', 'oslo', 'vhost']);
    expect([...url.query]).toEqual([
      ['ssl', 'true'],
      ['x', 'a b'],
    ]);
  });

  it.each(['amqp', 'amqps', 'rabbit', 'kombu+rabbit'])('reads many hosts of %s', (scheme) => {
    const url = parseTransportUrl(`${scheme}://a:1@h1:1,b:2@h2:2/v`);
    const hosts = url.hosts.map((host) => [host.username, host.password?.reveal(), host.hostname, host.port]);
    expect(hosts).toEqual([
      ['a', '1', 'h1', 1],
      ['b', '2', 'h2', 2],
    ]);
  });

  it('tells an absent vhost from an empty one', () => {
    expect(parseTransportUrl('rabbit://h').virtualHost).toBeUndefined();
    expect(parseTransportUrl('rabbit://h/').virtualHost).toBe('');
    expect(parseTransportUrl('amqp://h?a=b').virtualHost).toBeUndefined();
    expect(parseTransportUrl('amqp://h/?a=b').virtualHost).toBe('');
  });

  it('reads a scheme of any case, and the dialect it is told', () => {
    expect(parseTransportUrl('AMQPS://H').transport).toBe('amqps');
    expect(parseTransportUrl('amqp://h/a/b', { dialect: 'oslo' }).virtualHost).toBe('a/b');
    expect(() => parseTransportUrl('rabbit://h/a/b', { dialect: 'rabbitmq' })).toThrow(
      expect.objectContaining({ code: 'ERR_LEVERET_URL_VHOST_SEGMENTS' }),
    );
  });

  it.each([
    ['', 'NO_SCHEME', 0],
    ['rabbit', 'NO_SCHEME', 0],
    ['h:5672/v', 'NO_AUTHORITY', 2],
    ['rabbit://u:p\t@h', 'CONTROL_CHARACTER', 12],
    ['rabbit://u:p@h/\0', 'CONTROL_CHARACTER', 15],
    ['rabbit://h/\ud800', 'LONE_SURROGATE', 11],
    ['rabbit://h/\udc00', 'LONE_SURROGATE', 11],
    [' rabbit://h', 'SPACE', 0],
    ['rabbit://h ', 'SPACE', 10],
    ['rabbit://u:p#x@h/v', 'RAW_DELIMITER', 12],
    ['rabbit://u:p?x@h/v', 'RAW_DELIMITER', 12],
    ['rabbit://u:p/x@h/v', 'RAW_DELIMITER', 12],
    ['rabbit://user:12/34@h/v', 'RAW_DELIMITER', 16],
    ['amqp://a:b@h1,user:12/34@h2/v', 'RAW_DELIMITER', 21],
    ['rabbit://u:p,w@h', 'BAD_PORT', 11],
    ['rabbit://h:65536', 'BAD_PORT', 11],
    ['rabbit://h1,h2:+1', 'BAD_PORT', 15],
    ['rabbit://::1', 'BAD_IPV6', 9],
    ['rabbit://h,u:p@::1', 'BAD_IPV6', 15],
    ['rabbit://[::1', 'BAD_IPV6', 9],
    ['rabbit://[::1]x', 'BAD_IPV6', 9],
    ['rabbit://[10.0.0.1]', 'BAD_IPV6', 9],
    ['rabbit://h1, h2', 'BAD_HOST', 12],
    ['rabbit://h%2F1', 'BAD_HOST', 9],
    ['rabbit://h%zz', 'BAD_HOST', 9],
  ])('refuses %j', (text, code, offset) => {
    expect(() => parseTransportUrl(text)).toThrow(expect.objectContaining({ code: `ERR_LEVERET_URL_${code}`, offset }));
  });

  it('says how to write what it refuses', () => {
    expect(() => parseTransportUrl('rabbit://u:p#x@h')).toThrow(
      'URL: raw delimiter at offset 12. In names and passwords write @ as %40, : as %3A, / as %2F, ' +
        '? as %3F, # as %23, % as %25, comma as %2C.',
    );
    expect(() => parseTransportUrl('rabbit://::1')).toThrow('URL: bad ipv6 at offset 9. Write [::1].');
    expect(parseTransportUrl('rabbit://u:p@h/a@b').warnings[0]?.message).toMatch(
      /^URL: at sign after hosts at offset 16\. In names and passwords write @ as %40/,
    );
  });

  it.each([
    ['rabbit://u:p@ss@h', 'raw-at-sign', 12],
    ['rabbit://u:p@h/a@b', 'at-sign-after-hosts', 16],
    ['rabbit://u:p@h?a=1@b', 'at-sign-after-hosts', 18],
    ['rabbit://u:100%@h', 'bad-escape', 11],
    ['rabbit://h?a=%FF', 'bad-escape', 11],
    ['rabbit://u:p@h1,h2', 'mixed-credentials', 9],
    ['rabbit://h/a#b', 'fragment', 12],
    ['rabbit://h:1/?ssl=', 'empty-parameter-dropped', 14],
    ['rabbit://h?ssl=1', 'tls-on-plain-port', 9],
    ['rabbit://?ssl=1', 'tls-on-plain-port', 9],
    ['amqp://a:1@h1,b:2@h2', 'host-list', 7],
  ])('warns of %s', (text, code, offset) => {
    expect(parseTransportUrl(text).warnings).toEqual([{ code, offset, message: expect.any(String) }]);
  });

  it('says of what is dropped or dangerous what to do about it', () => {
    const message = (text: string): string | undefined => parseTransportUrl(text).warnings[0]?.message;
    expect(message('rabbit://h?ssl=1')).toBe('URL: tls on plain port at offset 9. Write :5671.');
    expect(message('rabbit://h?a=')).toBe('URL: empty parameter dropped at offset 11. Remove it.');
    expect(message('amqp://h1,h2')).toMatch(/^URL: host list at offset 7\. .* comma as %2C\.$/);
  });

  it('does not warn of what is well', () => {
    expect(parseTransportUrl('rabbit://u:p@h:5671/v?ssl=true').warnings).toEqual([]);
  });

  it('keeps parameters named like the properties of every object', () => {
    const url = parseTransportUrl('rabbit://h?__proto__=a&constructor=b&prototype=c&toString=d');
    expect([...url.query]).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
      ['prototype', 'c'],
      ['toString', 'd'],
    ]);
    expect(url.query.get('hasOwnProperty')).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('gives what nobody can change', () => {
    const url = parseTransportUrl('rabbit://u:p@h1,h2/v?a=b');
    for (const part of [url, url.hosts, url.hosts[0], url.query, url.warnings, url.warnings[0]]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
    expect(() => Map.prototype.set.call(url.query, 'a', 'c')).toThrow(TypeError);
    expect(url.query.get('a')).toBe('b');
  });
});
