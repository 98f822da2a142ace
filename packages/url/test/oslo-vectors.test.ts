import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  brokerAddresses,
  createTransportUrl,
  formatTransportUrl,
  parseTransportUrl,
  type TransportHostInit,
  type TransportUrl,
  TransportUrlError,
} from './all.js';
import {
  acceptedHere,
  connectedAsParsed,
  optionsNotReadHere,
  refusedHere,
  writtenDifferently,
} from './oslo-deviations.js';

interface Effective {
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly virtual_host: string;
}

interface Outcome {
  readonly error?: object;
  readonly parsed?: { readonly virtual_host: string | null };
  readonly str?: string;
  readonly str_error?: object;
  readonly rabbit_driver?: { readonly effective?: readonly (Effective | null)[] | null; readonly error?: object };
}

interface Case {
  readonly id: string;
  readonly in: { readonly url?: string; readonly build?: Build };
  readonly out: Outcome;
  readonly out_master?: Outcome;
}

interface Build {
  readonly transport: string;
  readonly virtual_host: string | null;
  readonly hosts: readonly TransportHostInit[];
  readonly query: Readonly<Record<string, string | readonly string[]>> | null;
}

const fixture = new URL('./fixtures/transport-urls.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { readonly cases: readonly Case[] };
const texts = cases.filter((vector) => 'url' in vector.in);
const parseable = texts.filter(({ id, out }) => out.parsed && !(id in refusedHere));

function asVector(url: TransportUrl): object {
  const hosts = url.hosts.map(({ hostname = null, port = null, username = null, password }) => {
    return { hostname, port, username, password: password?.reveal() ?? null };
  });
  const query = Object.fromEntries(url.query);
  return { transport: url.transport, virtual_host: url.virtualHost ?? null, query, hosts };
}

function addressesOf(url: string | undefined): Effective[] {
  return brokerAddresses(parseTransportUrl(url as string)).map((address) => ({
    // kombu connects to 127.0.0.1 where it reads localhost; here the name stays, for TLS to check.
    hostname: address.hostname === 'localhost' ? '127.0.0.1' : address.hostname,
    port: address.port,
    username: address.username,
    password: address.password.reveal(),
    virtual_host: address.virtualHost,
  }));
}

function thrownBy(action: () => unknown): TransportUrlError {
  try {
    action();
  } catch (error) {
    if (error instanceof TransportUrlError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** oslo leaves a slash in a vhost alone and always writes one before it, absent or not. */
function likeOslo(text: string): string {
  return text.replaceAll('%2F', '/');
}

describe("the vectors of oslo.messaging's TransportURL", () => {
  it('are all here', () => {
    expect(cases).toHaveLength(190);
    expect(texts).toHaveLength(175);
    const known = new Set(cases.map(({ id }) => id));
    const listed = [refusedHere, writtenDifferently, connectedAsParsed].flatMap(Object.keys);
    expect([...listed, ...acceptedHere, ...optionsNotReadHere].filter((id) => !known.has(id))).toEqual([]);
  });

  it.each(parseable)('reads $id as oslo does', ({ in: { url }, out }) => {
    expect(asVector(parseTransportUrl(url as string))).toEqual(out.parsed);
  });

  it.each(parseable)('writes $id as oslo does', ({ id, in: { url }, out }) => {
    const text = formatTransportUrl(parseTransportUrl(url as string), { secrets: 'include' });
    const str = out.str as string;
    const expected = out.parsed?.virtual_host === null ? str.replace(/\/(\?|$)/, '$1') : str;
    expect(likeOslo(text)).toBe(writtenDifferently[id] ?? likeOslo(expected));
    if (id in writtenDifferently) expect(likeOslo(text)).not.toBe(likeOslo(expected));
  });

  it.each(texts.filter(({ id, out }) => !out.parsed && !acceptedHere.includes(id)))(
    'refuses $id as oslo does',
    ({ in: { url } }) => {
      const error = thrownBy(() => parseTransportUrl(url as string));
      expect(error.offset).toBeGreaterThanOrEqual(0);
      expect(error.offset).toBeLessThanOrEqual((url as string).length);
    },
  );

  it.each(Object.entries(refusedHere))('refuses %s, which oslo reads', (id, code) => {
    const vector = texts.find((candidate) => candidate.id === id);
    expect(vector?.out.parsed).toBeDefined();
    expect(thrownBy(() => parseTransportUrl(vector?.in.url as string)).code).toBe(code);
  });

  it.each(acceptedHere)('reads %s, which the Python of the vectors refuses', (id) => {
    const vector = texts.find((candidate) => candidate.id === id);
    expect(vector?.out.error).toBeDefined();
    expect(formatTransportUrl(parseTransportUrl(vector?.in.url as string), { secrets: 'include' })).toMatch(/^rabbit:/);
  });
});

describe('the addresses that oslo.messaging connects to', () => {
  // 14.0.3 cannot connect to an absent hostname; newer ones can.
  const effective = ({ out, out_master }: Case): readonly (Effective | null)[] | null =>
    out.rabbit_driver?.effective ?? out_master?.rabbit_driver?.effective ?? null;
  const same = parseable.filter(({ id }) => !(id in connectedAsParsed) && !optionsNotReadHere.includes(id));

  it.each(same.filter((vector) => effective(vector)?.[0]))('are those of $id', (vector) => {
    expect(addressesOf(vector.in.url)).toEqual(effective(vector));
  });

  it.each(same.filter((vector) => !effective(vector)?.[0]))('are none for $id', ({ in: { url } }) => {
    const { code } = thrownBy(() => brokerAddresses(parseTransportUrl(url as string)));
    const bad = url?.includes('ssl=maybe') ? 'ERR_LEVERET_URL_BAD_PARAMETER' : 'ERR_LEVERET_URL_UNSUPPORTED_TRANSPORT';
    expect(code).toBe(bad);
  });

  it.each(Object.entries(connectedAsParsed))('are what was parsed for %s', (id, expected) => {
    const vector = texts.find((candidate) => candidate.id === id) as Case;
    const [address] = addressesOf(vector.in.url);
    expect(
      address && [address.username, address.password, address.hostname, address.port, address.virtual_host].join(' '),
    ).toBe(expected);
    expect([address]).not.toEqual(effective(vector));
  });

  it.each(optionsNotReadHere)('are those of %s, whatever its options', (id) => {
    const vector = texts.find((candidate) => candidate.id === id) as Case;
    expect(effective(vector)).toBeNull();
    expect(addressesOf(vector.in.url)).toEqual([
      { hostname: 'h', port: 5672, username: 'guest', password: 'guest', virtual_host: 'vh' },
    ]);
  });
});

describe('URLs that oslo.messaging makes of parts', () => {
  const builds = cases.filter((vector) => vector.in.build);

  it.each(builds.filter(({ out }) => out.str))('are written alike: $id', ({ in: { build }, out }) => {
    const { transport, virtual_host, hosts, query } = build as Build;
    const pairs = Object.entries(query ?? {}).flatMap(([name, values]) =>
      [values].flat().map((value) => [name, value] as const),
    );
    const url = createTransportUrl({ transport, virtualHost: virtual_host ?? undefined, hosts, query: pairs });
    const text = likeOslo(formatTransportUrl(url, { secrets: 'include' }));
    const expected = virtual_host === null ? (out.str as string).replace(/\/$/, '') : (out.str as string);
    // A repeated parameter is one joined by commas, as after parsing.
    expect(text).toBe(likeOslo(expected).replace('a=1&a=2', 'a=1%2C2'));
  });

  it('are none where a port is text', () => {
    const vector = builds.find(({ out }) => out.str_error) as Case;
    const { transport, hosts } = vector.in.build as Build;
    expect(thrownBy(() => createTransportUrl({ transport, hosts })).code).toBe('ERR_LEVERET_URL_BAD_PORT');
  });
});
