import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OwnBroker, startOwnBroker } from '@leveret/tooling-brokers';
import { type Certificates, makeCertificates, type TlsListener } from '@leveret/tooling-rabbitmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTransport, type TransportOptions } from '../src/index.js';
import { until } from './helpers.js';

let broker: OwnBroker;
let certificates: Certificates;
let open: TlsListener;
let misnamed: TlsListener;
let strict: TlsListener;
let folder: string;
let ca: string;
let cert: string;
let key: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'leveret-tls-files-'));
  broker = await startOwnBroker();
  certificates = await makeCertificates();
  [ca, cert, key] = await Promise.all([
    write('ca.pem', certificates.ca),
    write('client.pem', certificates.client.cert),
    write('client.key', certificates.client.key),
  ]);
  open = await broker.listenTls();
  misnamed = await broker.listenTls({ identity: certificates.wrongName });
  strict = await broker.listenTls({ clientCertificate: 'required' });
});
afterAll(async () => {
  for (const listener of [open, misnamed, strict]) await listener?.close();
  await broker?.remove();
  await rm(folder, { recursive: true, force: true });
});

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

async function connects(url: string, options: TransportOptions = {}): Promise<void> {
  await using transport = createTransport(url, { env: false, reconnectBackoff: [], ...options });
  await transport.connect();
}

const query = (parameters: Record<string, string>) => `?${new URLSearchParams(parameters)}`;

describe('TLS files', () => {
  it('of RabbitMQ’s parameters, with a client certificate', async () => {
    await connects(strict.url + query({ cacertfile: ca, certfile: cert, keyfile: key }));
    await expect(connects(strict.url + query({ cacertfile: ca }))).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_LEVERET_CONNECTION_/),
    });
  });

  it('of oslo.messaging’s options in a rabbit URL', async () => {
    const url = strict.url.replace(/^amqps:/, 'rabbit:');
    await connects(url + query({ ssl: 'true', ssl_ca_file: ca, ssl_cert_file: cert, ssl_key_file: key }));
  });

  it('of the environment', async () => {
    const env = { LEVERET_TLS_CA_FILE: ca, LEVERET_TLS_CERT_FILE: cert, LEVERET_TLS_KEY_FILE: key };
    await connects(strict.url, { env });
  });

  it('in code, on a URL that leaves TLS open', async () => {
    await connects(open.url.replace(/^amqps:/, 'amqp:'), { tlsEnabled: true, tlsCaFile: ca, tlsVersion: 'TLSv1.2' });
  });

  it('are needed, since nothing is trusted without them, unless nothing is verified', async () => {
    await expect(connects(open.url)).rejects.toMatchObject({ reason: 'tls' });
    await expect(connects(`${open.url.replace(/^amqps:/, 'rabbit:')}?ssl=true`)).rejects.toMatchObject({
      reason: 'tls',
    });
    await connects(open.url + query({ verify: 'verify_none' }));
  });

  it('verify a name that is not the host’s only if told so', async () => {
    await expect(connects(misnamed.url, { tlsCaFile: ca })).rejects.toMatchObject({ reason: 'tls' });
    await connects(misnamed.url + query({ cacertfile: ca, server_name_indication: 'elsewhere.invalid' }));
    await connects(misnamed.url, { oslo: { ssl_ca_file: ca, ssl_enforce_hostname_verification: false } });
    await expect(
      connects(open.url + query({ cacertfile: ca, server_name_indication: 'elsewhere.invalid' })),
    ).rejects.toMatchObject({ reason: 'tls' });
  });

  it('verify the host’s name also when none is sent', async () => {
    await connects(open.url + query({ cacertfile: ca, server_name_indication: 'disable' }));
    await expect(
      connects(misnamed.url + query({ cacertfile: ca, server_name_indication: 'disable' })),
    ).rejects.toMatchObject({ reason: 'tls' });
  });

  it('are named when they cannot be read', async () => {
    const missing = join(folder, 'missing.pem');
    await expect(connects(open.url, { tlsCaFile: missing })).rejects.toMatchObject({
      code: 'ERR_LEVERET_CONNECTION_REFUSED',
      reason: 'tls',
      message: expect.stringContaining(`The file '${missing}' (tlsCaFile) cannot be read`),
    });
  });

  it('are read anew at each dial', async () => {
    const path = await write('changing.pem', certificates.stranger.cert);
    await expect(connects(open.url, { tlsCaFile: path })).rejects.toMatchObject({ reason: 'tls' });
    await writeFile(path, certificates.ca);
    await using transport = createTransport(open.url, { tlsCaFile: path, env: false, reconnectBackoff: [10, 10, 10] });
    await transport.connect();
    await writeFile(path, certificates.stranger.cert);
    await broker.closeConnections('maintenance');
    await until(() => transport.state.publish.status === 'closed');
    expect(transport.state.publish).toMatchObject({ error: { cause: { reason: 'tls' } } });
  });
});
