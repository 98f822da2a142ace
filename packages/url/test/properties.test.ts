import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createTransportUrl,
  type Dialect,
  formatTransportUrl,
  parseTransportUrl,
  redact,
  type TransportHostInit,
  type TransportUrl,
  TransportUrlError,
  type TransportUrlInit,
} from './all.js';
import { partsOf } from './parts.js';
import { writtenUrl } from './written-urls.js';

// Any code point, control characters too; half a character is refused.
const text = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 12,
});
const optionalText = fc.option(text, { nil: undefined });
const hostname = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6(),
  fc.tuple(fc.ipV6(), fc.constantFrom('eth0', '1', 'en-0')).map(([address, zone]) => `${address}%${zone}`),
  fc.constantFrom('', 'localhost', 'Broker_1', 'bücher.example'),
);
const host = fc.record({
  hostname: fc.option(hostname, { nil: undefined }),
  port: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
  username: optionalText,
  password: optionalText,
});
const bareHost = host.map((all) => ({ ...all, username: undefined, password: undefined }));
const fullHost = host.map((all) => ({ ...all, username: all.username ?? 'u' }));
const hosts = fc.oneof(fc.array(bareHost, { maxLength: 4 }), fc.array(fullHost, { maxLength: 4 }));
const query = fc.uniqueArray(fc.tuple(text, text), { selector: ([name]) => name, maxLength: 4 });
const init: fc.Arbitrary<TransportUrlInit & { readonly hosts: readonly TransportHostInit[] }> = fc.oneof(
  fc.record({
    transport: fc.constantFrom('rabbit', 'kombu+rabbit', 'fake'),
    hosts: fc.oneof(hosts, fc.array(host)),
    virtualHost: optionalText,
    query,
  }),
  fc.record({ transport: fc.constantFrom('amqp', 'amqps'), hosts, virtualHost: optionalText, query }),
  fc.record({
    transport: fc.constantFrom('amqp', 'rabbit'),
    dialect: fc.constantFrom('oslo' as const, 'rabbitmq' as const),
    hosts,
    virtualHost: optionalText,
    query,
  }),
);

/** Text that is nearly a URL: the marks of the grammar and little else. */
const nearUrl = fc
  .tuple(
    fc.constantFrom('rabbit://', 'amqp://', 'kombu+rabbit:', 'amqps://', ''),
    fc.string({ unit: fc.constantFrom(...'ab1:@/?#,;=&%25[]. +*é\t'), maxLength: 40 }),
  )
  .map((parts) => parts.join(''));
const anyUrl = writtenUrl(['rabbit', 'amqp', 'amqps', 'kombu+rabbit', 'AMQP'], { maxLength: 4 });
const dialects: readonly (Dialect | undefined)[] = [undefined, 'oslo', 'rabbitmq'];

function tryParse(input: string, dialect: Dialect | undefined): TransportUrl | undefined {
  try {
    return parseTransportUrl(input, { dialect });
  } catch (error) {
    if (!(error instanceof TransportUrlError)) throw error;
    expect(error.offset).toBeGreaterThanOrEqual(0);
    expect(error.offset).toBeLessThanOrEqual(input.length);
    return undefined;
  }
}

describe('parse and format', () => {
  it('are inverses for URLs made of any parts', () => {
    fc.assert(
      fc.property(init, (parts) => {
        const url = createTransportUrl(parts);
        const { dialect } = url;
        const written = formatTransportUrl(url, { secrets: 'include' });
        const again = parseTransportUrl(written, { dialect });
        expect(partsOf(again)).toEqual(partsOf(url));
        expect(formatTransportUrl(again, { secrets: 'include' })).toBe(written);
        expect(url.virtualHost).toBe(parts.virtualHost);
        expect(url.hosts.map(({ port }) => port)).toEqual(parts.hosts.map(({ port }) => port));
        expect(url.hosts.map((one) => one.password?.reveal())).toEqual(parts.hosts.map(({ password }) => password));
        // A password needs a name before it, if only an empty one.
        const names = parts.hosts.map(
          ({ username, password }) => username ?? (password === undefined ? undefined : ''),
        );
        expect(url.hosts.map(({ username }) => username)).toEqual(names);
        const pairs = [...(parts.query ?? [])];
        expect([...url.query]).toEqual(dialect === 'oslo' ? pairs.filter(([, value]) => value !== '') : pairs);
      }),
    );
  });

  it('are inverses for any text that parses, and what does not parse is a TransportUrlError', () => {
    fc.assert(
      fc.property(fc.oneof(nearUrl, anyUrl), fc.constantFrom(...dialects), (input, dialect) => {
        const url = tryParse(input, dialect);
        if (!url) return;
        const written = formatTransportUrl(url, { secrets: 'include' });
        const again = parseTransportUrl(written, { dialect: url.dialect });
        expect(partsOf(again)).toEqual(partsOf(url));
        expect(formatTransportUrl(again, { secrets: 'include' })).toBe(written);
        expect(partsOf(parseTransportUrl(input, { dialect }))).toEqual(partsOf(url));
      }),
      { numRuns: 3000 },
    );
  });

  it('take any text at all', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(...dialects),
        (input, dialect) => void tryParse(input, dialect),
      ),
    );
  });

  it('keep the credentials of one host apart from those of another', () => {
    fc.assert(
      fc.property(fc.array(fullHost, { minLength: 2, maxLength: 4 }), text, (all, password) => {
        const before = createTransportUrl({ transport: 'rabbit', hosts: all });
        const after = createTransportUrl({ transport: 'rabbit', hosts: [{ ...all[0], password }, ...all.slice(1)] });
        const rest = (url: TransportUrl): unknown =>
          url.hosts.slice(1).map((one) => [one.username, one.password?.reveal()]);
        expect(rest(after)).toEqual(rest(before));
      }),
    );
  });
});

describe('redact', () => {
  it('takes any text and is done after one pass', () => {
    const line = fc.array(nearUrl, { maxLength: 4 }).map((pieces) => pieces.join(' '));
    fc.assert(
      fc.property(fc.oneof(line, nearUrl, fc.string({ unit: 'binary' })), (input) => {
        const once = redact(input);
        expect(redact(once)).toBe(once);
        if (!input.includes('://')) expect(once).toBe(input);
      }),
      { numRuns: 5000 },
    );
  });

  it('leaves no password of a URL in sight, however the URL is printed', () => {
    const secret = fc.stringMatching(/^[A-Z]{6}[A-Z,:@/?#;% ]{0,6}[A-Z]{2}$/);
    fc.assert(
      fc.property(
        fc.array(fc.record({ hostname: fc.domain(), username: fc.constantFrom('user', 'b@b'), password: secret }), {
          minLength: 1,
          maxLength: 3,
        }),
        (all) => {
          const url = createTransportUrl({ transport: 'rabbit', hosts: all, virtualHost: 'vh' });
          const seen = [
            url.toString(),
            JSON.stringify(url),
            inspect(url),
            redact(formatTransportUrl(url, { secrets: 'include' })),
          ];
          for (const { password } of all) {
            for (const print of seen) expect(print).not.toContain(password.slice(0, 6));
          }
        },
      ),
    );
  });

  it('leaves no piece of a password in sight that was not escaped', () => {
    const secret = fc
      .stringMatching(/^([A-Z]{4}[,:@/?#;% ]){1,3}[A-Z]{4}$/)
      .filter((raw) => !/@[A-Z]{4},[^@]*:/.test(raw));
    fc.assert(
      fc.property(secret, (password) => {
        const seen = redact(`rabbit://user:${password}@broker.example:5672/vh`);
        for (const piece of password.split(/[^A-Z]/)) expect(seen).not.toContain(piece);
      }),
      { numRuns: 3000 },
    );
  });
});
