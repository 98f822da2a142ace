import { describe, expect, it } from 'vitest';
import { brokerAddresses, formatTransportUrl, parseTransportUrl } from './all.js';

// RabbitMQ URI specification, appendix A. Columns: URI, username, password, host, port, vhost; undefined is absent.
const none = undefined;
const rows = [
  ['amqp://user:pass@host:10000/vhost', 'user', 'pass', 'host', 10000, 'vhost'],
  ['amqp://user:passw%23rd@host:10000/vhost', 'user', 'passw#rd', 'host', 10000, 'vhost'],
  ['amqp://user%61:%61pass@ho%61st:10000/v%2fhost', 'usera', 'apass', 'hoast', 10000, 'v/host'],
  ['amqp://', none, none, none, none, none],
  ['amqp://:@/', '', '', none, none, ''],
  ['amqp://user@', 'user', none, none, none, none],
  ['amqp://user:pass@', 'user', 'pass', none, none, none],
  ['amqp://host', none, none, 'host', none, none],
  ['amqp://:10000', none, none, none, 10000, none],
  ['amqp:///vhost', none, none, none, none, 'vhost'],
  ['amqp://host/', none, none, 'host', none, ''],
  ['amqp://host/%2f', none, none, 'host', none, '/'],
  ['amqp://[::1]', none, none, '::1', none, none],
] as const;

describe("RabbitMQ's URI specification", () => {
  it.each(rows)('reads %s as appendix A has it', (text, username, password, hostname, port, virtualHost) => {
    for (const uri of [text, text.replace('amqp:', 'amqps:')]) {
      const url = parseTransportUrl(uri);
      const [host] = url.hosts;
      expect(url.hosts.length).toBeLessThanOrEqual(1);
      expect([host?.username, host?.password?.reveal(), host?.hostname, host?.port, url.virtualHost]).toEqual([
        username,
        password,
        hostname,
        port,
        virtualHost,
      ]);
    }
  });

  it.each(rows)(
    'fills in what %s leaves out, and only that',
    (text, username, password, hostname, port, virtualHost) => {
      const [address] = brokerAddresses(parseTransportUrl(text));
      expect({ ...address, password: address?.password.reveal() }).toEqual({
        username: username ?? 'guest',
        password: password ?? 'guest',
        hostname: hostname ?? 'localhost',
        port: port ?? 5672,
        virtualHost: virtualHost ?? '/',
        tls: false,
      });
    },
  );

  it('means port 5671 and TLS by amqps', () => {
    expect(brokerAddresses(parseTransportUrl('amqps://h'))).toMatchObject([{ hostname: 'h', port: 5671, tls: true }]);
    expect(brokerAddresses(parseTransportUrl('amqps://h:1/'))).toMatchObject([{ port: 1, tls: true, virtualHost: '' }]);
  });

  it('takes many hosts, each with credentials of its own', () => {
    const url = parseTransportUrl('amqps://user:pass@host1:5673,user2:pass2@[::1]/vhost?heartbeat=10');
    const seen = brokerAddresses(url).map((address) => ({ ...address, password: address.password.reveal() }));
    expect(seen).toEqual([
      { hostname: 'host1', port: 5673, username: 'user', password: 'pass', virtualHost: 'vhost', tls: true },
      { hostname: '::1', port: 5671, username: 'user2', password: 'pass2', virtualHost: 'vhost', tls: true },
    ]);
  });

  it('escapes the zone of an IPv6 address as RFC 6874 says', () => {
    const url = parseTransportUrl('amqp://[fe80::1%25Eth0]');
    expect(url.hosts[0]?.hostname).toBe('fe80::1%Eth0');
    expect(brokerAddresses(url)[0]?.hostname).toBe('fe80::1%Eth0');
    expect(formatTransportUrl(url, { secrets: 'include' })).toBe('amqp://[fe80::1%25Eth0]');
  });

  it.each([
    ['amqp:host', 'ERR_LEVERET_URL_NO_AUTHORITY', 5],
    ['amqp://h//', 'ERR_LEVERET_URL_VHOST_SEGMENTS', 9],
    ['amqp://h/a/b', 'ERR_LEVERET_URL_VHOST_SEGMENTS', 10],
    ['amqp://h/a#b', 'ERR_LEVERET_URL_FRAGMENT', 10],
    ['amqp://u:100%@h', 'ERR_LEVERET_URL_BAD_ESCAPE', 9],
    ['amqp://u:%FF@h', 'ERR_LEVERET_URL_BAD_ESCAPE', 9],
    ['amqp://h?a=%zz', 'ERR_LEVERET_URL_BAD_ESCAPE', 9],
    ['amqp://[fe80::1%eth0]', 'ERR_LEVERET_URL_BAD_ESCAPE', 7],
    ['amqp://ho%2Fst', 'ERR_LEVERET_URL_BAD_HOST', 7],
    ['amqp://h:0', 'ERR_LEVERET_URL_BAD_PORT', 9],
    ['amqp://u:p@h1,h2', 'ERR_LEVERET_URL_MIXED_CREDENTIALS', 7],
    ['amqp://u,v:p@h', 'ERR_LEVERET_URL_MIXED_CREDENTIALS', 7],
    ['amqp://h?heartbeat=1&heartbeat=2', 'ERR_LEVERET_URL_DUPLICATE_PARAMETER', 21],
  ])('refuses %s', (text, code, offset) => {
    expect(() => parseTransportUrl(text)).toThrow(expect.objectContaining({ code, offset, name: 'TransportUrlError' }));
  });
});
