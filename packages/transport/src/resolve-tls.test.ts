import { Secret } from '@leveret/url';
import { describe, expect, it } from 'vitest';
import type { TransportEvent } from './events.js';
import { resolveOptions, type TransportOptions } from './options.js';
import { createTransport } from './transport.js';

function ignoredBy(url: string, options: TransportOptions): string[] {
  const ignored: string[] = [];
  const onEvent = (event: TransportEvent) => {
    if (event.type === 'option-ignored') ignored.push(event.option);
  };
  createTransport(url, { env: false, onEvent, ...options });
  return ignored;
}

async function made(options: TransportOptions): Promise<unknown> {
  const { tls } = resolveOptions({ env: false, ...options }, '0');
  return typeof tls === 'function' ? await tls('b:5671') : tls;
}

describe('TLS options', () => {
  it.each<[TransportOptions, unknown]>([
    [{}, {}],
    [{ tls: { minVersion: 'TLSv1.3' } }, { minVersion: 'TLSv1.3' }],
    [{ tlsVerify: 'full' }, {}],
    [{ tlsVerify: 'none' }, { rejectUnauthorized: false }],
    [{ tlsVerify: 'chain' }, { checkServerIdentity: expect.any(Function) }],
    [{ tlsServerName: 'x' }, { servername: 'x' }],
    [{ tlsServerName: false }, { servername: '' }],
    [{ tlsKeyPassphrase: 'opens' }, { passphrase: 'opens' }],
    [{ tlsKeyPassphrase: new Secret('opens') }, { passphrase: 'opens' }],
    [
      { env: { LEVERET_TLS_KEY_PASSPHRASE: 'opens', LEVERET_TLS_SERVER_NAME: 'disable' } },
      { passphrase: 'opens', servername: '' },
    ],
    [{ oslo: { ssl_version: 'tlsv1_2' } }, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }],
    [{ oslo: { ssl_version: 'SSLv23' } }, {}],
    [{ oslo: { ssl_enforce_hostname_verification: true } }, {}],
    [{ tls: {}, env: { LEVERET_TLS_VERIFY: 'none' } }, {}],
  ])('%o', async (options, expected) => {
    expect(await made(options)).toEqual(expected);
  });

  it('are said one way in code, not two', () => {
    expect(() => createTransport('amqps://h/', { tls: {}, tlsCaFile: 'x', env: false })).toThrow(
      'tls and tlsCaFile are two ways to say the same',
    );
  });

  it('are told when they have no effect: without TLS, and beside the option tls', () => {
    expect(ignoredBy('amqp://h/?cacertfile=x', {})).toEqual(['tlsCaFile']);
    expect(ignoredBy('rabbit://h/?ssl_ca_file=x', { tlsEnabled: true })).toEqual([]);
    expect(ignoredBy('amqps://h/?cacertfile=x', { tls: {} })).toEqual(['tlsCaFile']);
    expect(ignoredBy('amqp://h/', { tls: {} })).toEqual(['tls']);
  });

  it('refuse versions that Node.js does not have', () => {
    expect(() => createTransport('rabbit://h/?ssl_version=SSLv3', { env: false })).toThrow('ssl_version must be');
  });
});
