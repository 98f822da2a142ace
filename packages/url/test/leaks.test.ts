import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  amqpParameters,
  brokerAddresses,
  createTransportUrl,
  formatTransportUrl,
  parseTransportUrl,
  redact,
  type TransportUrl,
  TransportUrlError,
} from './all.js';

const secret = 'Zq7KxWv9';
const marks = ['#', '?', '/', ',', ':', ' ', '@'];

/** The secret is a password, or was meant to be one. */
const credentials = [
  `rabbit://user:${secret}@h1:5672/vh`,
  `rabbit://user:p@h1,user2:${secret}@h2/vh?ssl=true`,
  `amqps://user:${secret}@h1,user2:${secret}@[::1]/vh?password=${secret}`,
  `amqp://:${secret}@`,
  `rabbit://u:%zz${secret}%FF@h/`,
  `rabbit://u:${secret}@h1,h2?ssl=maybe&secret_key=${secret}`,
  `kafka://u:${secret}@h/`,
  `kombu+memory://u:${secret}@h/`,
  ` rabbit://u:${secret}@h/`,
  `rabbit://u:${secret}\ud800@h/`,
  ...marks.flatMap((mark) => [
    `rabbit://u:${secret}${mark}x@h/`,
    `rabbit://u:x${mark}${secret}@h/`,
    `rabbit://a:b@h1,u:${secret}${mark}x@h/`,
    `amqp://u:${secret}${mark}x@h/`,
    `amqp://u:x${mark}${secret}@h/`,
  ]),
  `rabbit://u:${secret}`,
  `rabbit://h:1:${secret}`,
  `amqp://u:%zz${secret}@h`,
  `amqp://u:${secret}@h1,h2`,
  `amqp://u:${secret}@h?heartbeat=1&heartbeat=2`,
  `amqp://u:${secret}@h?password=${secret}&password=${secret}`,
];

/** By the grammar a host or a vhost is the secret; but a password with raw marks in it looks like this too. */
const doubtful = [`rabbit://u:p@${secret}/y@h/`, `rabbit://u:p@x/${secret}@h/`, `rabbit://u:p@x?${secret}@h/`];

/** No URLs, whatever the secret was meant to be. */
const refused = [
  secret,
  `:${secret}`,
  `${secret}://u:p@h:x`,
  `rabbit:u:${secret}@h`,
  `rabbit://u:${secret}\n@h/`,
  `rabbit://[${secret}]/`,
  `rabbit://[${secret}`,
  `rabbit://[::1]${secret}`,
  `amqp://h/a/${secret}`,
  `amqp://h/#${secret}`,
  `amqp://h?${secret}=%zz`,
];

function inspections(value: unknown): string[] {
  const prints = [
    inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true }),
    inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, customInspect: false, getters: true }),
    inspect([[[[value]]]], { depth: 99 }),
    format('%s %o %O %j', value, value, value, value),
    String(value),
    `${value}`,
    JSON.stringify(value) ?? '',
    inspect(structuredClone(value), { depth: 99 }),
  ];
  if (value instanceof Error)
    prints.push(value.message, String(value.stack), String(value.cause), JSON.stringify({ ...value }));
  return prints;
}

function outcome(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

/** Every four characters of the secret, as it is and as it is written in a URL, that somebody could read in the prints. */
function leaksIn(prints: readonly string[], hidden: string = secret): string[] {
  const all = prints.join('\n');
  return [hidden, encodeURIComponent(hidden)]
    .flatMap((whole) => Array.from({ length: whole.length - 3 }, (_, start) => whole.slice(start, start + 4)))
    .filter((piece) => all.includes(piece));
}

const named = (texts: readonly string[]): string[][] => texts.map((text) => [text.replaceAll(secret, '…'), text]);

it.each(named(credentials))('no print of %j has the password in it', (_, text) => {
  const url = outcome(() => parseTransportUrl(text));
  const seen = [...inspections(url), redact(text)];
  if (!(url instanceof Error)) {
    const parsed = url as TransportUrl;
    const made = [() => brokerAddresses(parsed), () => amqpParameters(parsed), () => parsed.query, () => parsed.hosts];
    seen.push(...made.map(outcome).flatMap(inspections), formatTransportUrl(parsed, { secrets: 'redact' }));
    seen.push(...parsed.hosts.map(({ password }) => `${password}`), JSON.stringify(parsed.warnings));
  }
  expect(leaksIn(seen)).toEqual([]);
});

it.each(named(doubtful))('%j prints nothing but its scheme', (_, text) => {
  const url = parseTransportUrl(text);
  expect([String(url), JSON.stringify(url), inspect(url)]).toEqual([
    'rabbit://***',
    '"rabbit://***"',
    'TransportUrl(rabbit://***)',
  ]);
  for (const print of [redact(text), JSON.stringify(url.warnings)]) expect(print).not.toContain(`:${secret}`);
});

it.each(named(refused))('the error of %j has nothing of it', (_, text) => {
  const error = outcome(() => parseTransportUrl(text));
  expect(error).toBeInstanceOf(TransportUrlError);
  expect(leaksIn(inspections(error))).toEqual([]);
});

it.each(named([`amqp://h?${secret}=x`, `amqp://h?heartbeat=${secret}`]))(
  'the error of the parameters of %j has nothing of it',
  (_, text) => {
    const error = outcome(() => amqpParameters(parseTransportUrl(text)));
    expect(error).toBeInstanceOf(TransportUrlError);
    expect(leaksIn(inspections(error))).toEqual([]);
  },
);

it('no error of createTransportUrl has the secret in it', () => {
  const inits = [
    { transport: secret, hosts: [{ hostname: ' ' }] },
    { transport: `${secret}:` },
    { transport: 'rabbit', hosts: [{ hostname: `${secret}@h` }] },
    { transport: 'rabbit', hosts: [{ password: `${secret}\ud800` }] },
    { transport: 'rabbit', hosts: [{ port: secret as never }] },
    { transport: 'amqp', hosts: [{ password: secret }, { hostname: 'h' }] },
  ];
  for (const init of inits) {
    const error = outcome(() => createTransportUrl(init));
    expect(error).toBeInstanceOf(TypeError);
    expect(leaksIn(inspections(error))).toEqual([]);
  }
});

it.each(named([...credentials, ...refused]))(
  'no method of the console shows a piece of the password of %j',
  (_, text) => {
    let written = '';
    const stream = new Writable({
      write(chunk, _encoding, done): void {
        written += chunk;
        done();
      },
    });
    const console = new Console({ stdout: stream, stderr: stream });
    const url = outcome(() => parseTransportUrl(text));
    const wrapped = new Error('Could not connect', { cause: url });
    for (const value of [url, { deep: { down: [{ url }] } }, wrapped]) {
      console.log(value);
      console.error('%s %o %O %j', value, value, value, value);
      console.dir(value, { showHidden: true, depth: 20 });
      console.table(value);
      console.trace(value);
    }
    if (!(url instanceof Error)) {
      const { hosts, query } = url as TransportUrl;
      console.table(hosts);
      console.table(query);
      console.dir(url, { customInspect: false, showHidden: true, depth: 20 });
    }
    expect(written).not.toBe('');
    expect(leaksIn([written])).toEqual([]);
  },
);

/** What makes a URL with a password in it one that is refused, or one with a warning; or leaves it as it is. */
const faults: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => ` ${text}`,
  (text) => `${text}\t`,
  (text) => `${text}\ud800`,
  (text) => text.replace('://', ':'),
  (text) => text.replace(/^\w+:\/\//, ''),
  (text) => text.replace('/vh', ':99999/vh'),
  (text) => text.replace('/vh', ':x/vh'),
  (text) => text.replace('/vh', ',[::1/vh'),
  (text) => text.replace('/vh', ',bare/vh'),
  (text) => text.replace('/vh', '/a/b'),
  (text) => text.replace('/vh', '/a@b'),
  (text) => text.replace('/vh', '/%zz'),
  (text) => text.replace('/vh', '/%FF'),
  (text) => text.replace('/vh', '/vh#part'),
  (text) => text.replace('?', '?ssl=maybe&'),
  (text) => text.replace('?', '?heartbeat=1&heartbeat=2&'),
  (text) => text.replace('?', '?heartbeat=x&'),
  (text) => `${text}&stranger=1`,
];

it('whatever the password and whatever is wrong with its URL, no four characters of it are in any print', {
  timeout: 60_000,
}, () => {
  const letters = fc.string({ unit: fc.constantFrom(...'QXZJKVW79', '€', 'Ö'), minLength: 4, maxLength: 16 });
  const where = fc.constantFrom(
    (secret: string) => `u:${secret}@h1/vh?heartbeat=1`,
    (secret: string) => `u:${secret}@h1:5672,v:p@h2:5672/vh?heartbeat=1`,
    (secret: string) => `u:p@h1,v:${secret}@[::1]/vh?heartbeat=1`,
    (secret: string) => `:${secret}@/vh?heartbeat=1`,
    (secret: string) => `u:p@h/vh?password=${secret}`,
    (secret: string) => `h/vh?heartbeat=1&password=${secret}`,
  );
  const schemes = fc.constantFrom('rabbit', 'kombu+rabbit', 'kafka', 'amqp', 'amqps');
  const dialects = fc.constantFrom(undefined, 'oslo' as const, 'rabbitmq' as const);
  const codes = new Set<unknown>();
  fc.assert(
    fc.property(
      letters,
      where,
      schemes,
      dialects,
      fc.constantFrom(...faults),
      (secret, place, scheme, dialect, fault) => {
        const text = fault(`${scheme}://${place(encodeURIComponent(secret))}`);
        const url = outcome(() => parseTransportUrl(text, { dialect }));
        const seen = inspections(url);
        if (text.includes('://')) seen.push(redact(text));
        if (url instanceof Error) codes.add((url as TransportUrlError).code);
        else {
          const parsed = url as TransportUrl;
          const made = [() => brokerAddresses(parsed), () => amqpParameters(parsed), () => parsed.query];
          const results = made.map(outcome);
          for (const result of results) if (result instanceof TransportUrlError) codes.add(result.code);
          seen.push(...results.flatMap(inspections), formatTransportUrl(parsed, { secrets: 'redact' }));
        }
        expect(leaksIn(seen, secret)).toEqual([]);
      },
    ),
    { numRuns: 600 },
  );
  expect(codes.size).toBeGreaterThan(10);
});
