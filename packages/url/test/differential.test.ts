import { expect, it } from 'vitest';
import { brokerAddresses, parseTransportUrl, type TransportUrl, TransportUrlError } from './all.js';
import vectors from './fixtures/written-urls.json' with { type: 'json' };

// A thousand URLs that nobody chose, and what oslo.messaging 14.0.3 (transport, hosts, vhost, query) and kombu 5.2.4 (host, port,
// username, password, vhost) make of them; five hundred more for RabbitMQ's own parser. null is a refusal.

/** The URL, or the code it is refused by. */
function read(text: string, dialect: 'oslo' | 'rabbitmq'): TransportUrl | string {
  try {
    return parseTransportUrl(text, { dialect });
  } catch (error) {
    if (error instanceof TransportUrlError) return error.code.replace('ERR_LEVERET_URL_', '');
    throw error;
  }
}

/** The first address, with every default filled in, whatever the transport is. */
function addressOf(url: TransportUrl): unknown[] {
  const transport = url.dialect === 'oslo' ? 'rabbit' : url.transport;
  const [address] = brokerAddresses({ ...url, transport, query: new Map() });
  return [address?.hostname, address?.port, address?.username, address?.password.reveal(), address?.virtualHost];
}

const count = (all: readonly string[]): Record<string, number> =>
  Object.fromEntries([...new Set(all)].toSorted().map((one) => [one, all.filter((other) => other === one).length]));

it('reads as oslo.messaging does whatever both read, and refuses what the README says', () => {
  const outcomes = vectors.oslo.map(([text, theirs]) => {
    const url = read(text as string, 'oslo');
    if (typeof url === 'string') return theirs === null ? 'refused by both' : `refused here: ${url}`;
    if (theirs === null) {
      // Python's urlsplit looks for brackets in all that is before the path.
      expect(text).toMatch(/^[^:]+:\/\/[^/?#]*[[\]]/);
      return 'refused there: brackets';
    }
    const hosts = url.hosts.map(({ hostname = null, port = null, username = null, password }) => {
      return [hostname, port, username, password?.reveal() ?? null];
    });
    expect([url.transport, hosts, url.virtualHost ?? null, [...url.query]]).toEqual(theirs);
    return 'the same';
  });
  expect(count(outcomes)).toEqual({
    'refused by both': 264,
    'refused here: BAD_HOST': 123,
    'refused here: BAD_IPV6': 1,
    'refused here: BAD_PORT': 33,
    'refused here: CONTROL_CHARACTER': 34,
    'refused here: NO_AUTHORITY': 18,
    'refused here: RAW_DELIMITER': 72,
    'refused here: SPACE': 21,
    'refused there: brackets': 48,
    'the same': 386,
  });
});

it('connects where kombu does with one host, but for a semicolon, a comma and a URL with no authority', () => {
  let compared = 0;
  for (const [text, oslo, kombu] of vectors.oslo) {
    const url = read(text as string, 'oslo');
    if (typeof url === 'string' || !oslo || !kombu || url.hosts.length > 1 || !/^[^:]+:\/\/[^;,]*$/.test(`${text}`))
      continue;
    const [hostname, port, username, password, virtualHost] = kombu;
    const theirs = [
      hostname || 'localhost',
      port || 5672,
      username || 'guest',
      password || 'guest',
      virtualHost || '/',
    ];
    expect(addressOf(url)).toEqual(theirs);
    compared++;
  }
  expect(compared).toBeGreaterThan(100);
});

it("reads as RabbitMQ's own parser does whatever both read, and by the specification where that one is not", () => {
  const outcomes = vectors.rabbitmq.map(([text, theirs]) => {
    const url = read(text as string, 'rabbitmq');
    if (typeof url === 'string') return theirs === null ? 'refused by both' : `refused here: ${url}`;
    if (!/^amqps?$/.test(url.transport)) return 'another scheme';
    const [authority = ''] = /(?<=:\/\/)[^/?#]*/.exec(text as string) ?? [];
    // An empty username is none there; the first @ ends the credentials, and a second colon the password.
    if (/^@|@.*@|^[^@]*:[^@]*:.*@/.test(authority)) return 'other credentials there';
    if (theirs === null) {
      // Appendix A has hosts and ports that are absent or empty.
      const [host] = url.hosts;
      expect(!host?.hostname || /:$/.test(authority) || /,/.test(authority)).toBe(true);
      return 'refused there: no host, no port after a colon, or a list';
    }
    const [username, password, virtualHost, hostname, port] = theirs as [string, string, string, string, number | null];
    const defaultPort = url.transport === 'amqps' ? 5671 : 5672;
    expect(addressOf(url)).toEqual([hostname.toLowerCase(), port ?? defaultPort, username, password, virtualHost]);
    return 'the same';
  });
  expect(count(outcomes)).toEqual({
    'another scheme': 3,
    'other credentials there': 19,
    'refused by both': 221,
    'refused here: BAD_ESCAPE': 12,
    'refused here: BAD_HOST': 24,
    'refused here: BAD_IPV6': 1,
    'refused here: DUPLICATE_PARAMETER': 7,
    'refused here: FRAGMENT': 20,
    'refused here: MIXED_CREDENTIALS': 1,
    'refused here: RAW_DELIMITER': 6,
    'refused here: SPACE': 11,
    'refused there: no host, no port after a colon, or a list': 66,
    'the same': 109,
  });
});
