import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';
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
  for (const print of seen) expect(print).not.toContain(secret);
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
  for (const print of inspections(error)) expect(print).not.toContain(secret);
});

it.each(named([`amqp://h?${secret}=x`, `amqp://h?heartbeat=${secret}`]))(
  'the error of the parameters of %j has nothing of it',
  (_, text) => {
    const error = outcome(() => amqpParameters(parseTransportUrl(text)));
    expect(error).toBeInstanceOf(TransportUrlError);
    for (const print of inspections(error)) expect(print).not.toContain(secret);
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
    for (const print of inspections(error)) expect(print).not.toContain(secret);
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
    for (let i = 0; i + 4 <= secret.length; i++) expect(written).not.toContain(secret.slice(i, i + 4));
  },
);
