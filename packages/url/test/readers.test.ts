import fc from 'fast-check';
import { expect, it } from 'vitest';
import { percentDecode } from '../src/escape.js';
import { brokerAddresses, type Dialect, parseTransportUrl, type TransportUrl } from './all.js';
import { writtenUrl } from './written-urls.js';

function read(text: string, dialect: Dialect): TransportUrl | undefined {
  try {
    return parseTransportUrl(text, { dialect });
  } catch {
    return undefined;
  }
}

/** Whether the path of a text has a segment that `new URL` resolves and no reader of vhosts does: `.`, `..`, `%2e`. */
function hasDots(path: string): boolean {
  return path.split('/').some((segment) => /^(\.|%2e){1,2}$/i.test(segment));
}

it('new URL has the same parts wherever it reads one host too, but for dots in a path', () => {
  let compared = 0;
  fc.assert(
    fc.property(
      writtenUrl(['amqp', 'rabbit'], { maxLength: 1 }),
      fc.constantFrom<Dialect>('oslo', 'rabbitmq'),
      (text, dialect) => {
        const url = read(text, dialect);
        const [authority = '', path = ''] = /^\w+:\/\/([^/?#]*)([^?#]*)/.exec(text)?.slice(1) ?? [];
        if (!url?.hosts[0] || /[,%]/.test(authority.slice(authority.lastIndexOf('@') + 1)) || authority.includes(','))
          return;
        if (!URL.canParse(text) || hasDots(path)) return;
        compared++;
        const theirs = new URL(text);
        const [host] = url.hosts;
        // An absent part is an empty one there, and an IPv6 address is written in its shortest form.
        const name = host.hostname?.includes(':')
          ? new URL(`ftp://[${host.hostname}]`).hostname
          : (host.hostname ?? '');
        expect({
          username: host.username ?? '',
          password: host.password?.reveal() ?? '',
          name,
          port: host.port ?? '',
          virtualHost: url.virtualHost ?? '',
        }).toEqual({
          username: percentDecode(theirs.username),
          password: percentDecode(theirs.password),
          name: percentDecode(theirs.hostname),
          port: theirs.port === '' ? '' : Number(theirs.port),
          virtualHost: percentDecode(theirs.pathname.slice(1)),
        });
        const pairs = new Map<string, string>();
        for (const [key, value] of theirs.searchParams) {
          if (value === '' && dialect === 'oslo') continue;
          const before = pairs.get(key);
          pairs.set(key, before === undefined ? value : `${before},${value}`);
        }
        expect([...url.query]).toEqual([...pairs]);
      },
    ),
    { numRuns: 4000 },
  );
  expect(compared).toBeGreaterThan(400);
});

/** What a URL says, with the names of the hosts as they are connected to. */
function meaning(url: TransportUrl): unknown {
  return {
    hosts: url.hosts.map(({ port, username, password }) => ({ port, username, password: password?.reveal() })),
    names: brokerAddresses({ ...url, transport: 'rabbit', query: new Map() }).map(({ hostname }) => hostname),
    virtualHost: url.virtualHost,
    query: [...url.query],
  };
}

it('what one dialect reads differently from the other, with any number of hosts, is an error or a warning', () => {
  let compared = 0;
  let lists = 0;
  fc.assert(
    fc.property(writtenUrl(['amqp', 'amqps'], { maxLength: 3 }), (text) => {
      const oslo = read(text, 'oslo');
      const rabbitmq = read(text, 'rabbitmq');
      if (!oslo || !rabbitmq) return;
      compared++;
      if (rabbitmq.hosts[1]) lists++;
      if (oslo.warnings.length === 0) expect(meaning(rabbitmq)).toEqual(meaning(oslo));
    }),
    { numRuns: 4000 },
  );
  expect(compared).toBeGreaterThan(200);
  expect(lists).toBeGreaterThan(50);
});

it('a list of hosts in a dialect whose other readers know one host is never read without a warning', () => {
  fc.assert(
    fc.property(writtenUrl(['amqp', 'amqps'], { maxLength: 4 }), (text) => {
      const url = read(text, 'rabbitmq');
      if (!url) return;
      expect(url.warnings.some(({ code }) => code === 'host-list')).toBe(url.hosts.length > 1);
    }),
    { numRuns: 2000 },
  );
});
