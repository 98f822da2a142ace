import { connect as connectTls } from 'node:tls';
import { type OwnBroker, startOwnBroker } from '@leveret/tooling-brokers';
import { type Certificates, makeCertificates, type TlsListener } from '@leveret/tooling-rabbitmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTransport, type TransportOptions } from '../src/index.js';
import { EventLog, until } from './helpers.js';

let broker: OwnBroker;
let certificates: Certificates;
let open: TlsListener;
let misnamed: TlsListener;
let strict: TlsListener;

beforeAll(async () => {
  broker = await startOwnBroker();
  certificates = await makeCertificates();
  open = await broker.listenTls();
  misnamed = await broker.listenTls({ identity: certificates.wrongName });
  strict = await broker.listenTls({ clientCertificate: 'required' });
});
afterAll(async () => {
  for (const listener of [open, misnamed, strict]) await listener.close();
  await broker.remove();
});

async function refusal(url: string, options: TransportOptions): Promise<unknown> {
  const transport = createTransport(url, { reconnectBackoff: [], ...options });
  const before = performance.now();
  const error = await transport.connect().then(
    () => new Error('It was let in.'),
    (reason: unknown) => reason,
  );
  expect(performance.now() - before).toBeLessThan(2_000);
  await transport.close();
  return error;
}

const refusedByTls = (words: RegExp) => ({
  code: 'ERR_LEVERET_CONNECTION_REFUSED',
  reason: 'tls',
  message: expect.stringMatching(words),
});

describe('TLS', () => {
  it('lets in with the right authority, by name and by address, and publishes', async () => {
    for (const hostname of ['localhost', '127.0.0.1']) {
      await using transport = createTransport(open.urlOf('/', hostname), { tls: { ca: certificates.ca } });
      await transport.connect();
      expect(await transport.publish({ routingKey: 'nobody' }, 'x'.repeat(200_000))).toEqual({ attempts: 1 });
    }
  });

  it('is also on for ?ssl=true', async () => {
    const url = open.url.replace(/^amqps:/, 'rabbit:');
    await using transport = createTransport(`${url}?ssl=true`, { tls: { ca: certificates.ca } });
    await transport.connect();
    expect(transport.health().ready).toBe(true);
  });

  it('refuses a server that nobody we trust has signed', async () => {
    expect(await refusal(open.url, {})).toMatchObject(refusedByTls(/does not verify .*tls\.ca/));
  });

  it('refuses a server with a certificate for another name, which oslo.messaging 14.0.3 took', async () => {
    expect(await refusal(misnamed.url, { tls: { ca: certificates.ca } })).toMatchObject(
      refusedByTls(/for other names .*elsewhere\.invalid/),
    );
  });

  it('takes the name of the host in use on failover, not that of the first', async () => {
    const log = new EventLog();
    // By address too, the first is not whom its certificate says; the second is.
    const url = `${misnamed.url.replace(/\/[^/]*$/, '')},${open.url.replace(/^amqps:\/\//, '')}`;
    await using transport = createTransport(url.replace(/^amqps:/, 'rabbit:').concat('?ssl=true'), {
      hostOrder: 'given',
      tls: { ca: certificates.ca },
      onEvent: log.onEvent,
    });
    await transport.connect();
    expect(transport.state.publish).toMatchObject({ status: 'open', host: `localhost:${open.port}` });
    expect(log.of('connection-attempt-failed')).toMatchObject([
      { host: `localhost:${misnamed.port}`, error: { reason: 'tls' } },
      { host: `localhost:${misnamed.port}`, error: { reason: 'tls' } },
    ]);
  });

  it('shows a client certificate where one is wanted, and says so where there is none', async () => {
    const { ca, client, stranger } = certificates;
    await using transport = createTransport(strict.url, { tls: { ca, ...client } });
    await transport.connect();
    expect(transport.health().ready).toBe(true);
    expect(await refusal(strict.url, { tls: { ca } })).toMatchObject(refusedByTls(/client certificate/));
    // A server of Node.js ends the connection without a word, and RabbitMQ with an alert.
    expect(await refusal(strict.url, { tls: { ca, ...stranger } })).toMatchObject({
      message: expect.stringContaining('client certificate'),
    });
  });

  it('asks a function at each dial, so that certificates can change', async () => {
    const { ca, client } = certificates;
    let identity = {};
    const asked: string[] = [];
    await using transport = createTransport(strict.url, {
      tls: async (host) => {
        asked.push(host);
        return { ca, ...identity };
      },
    });
    await expect(transport.connect()).rejects.toMatchObject({ reason: 'tls' });
    await until(() => transport.state.publish.status === 'closed' && transport.state.consume.status === 'closed');
    identity = client;
    await transport.connect();
    expect(new Set(asked)).toEqual(new Set([`localhost:${strict.port}`]));
    expect(asked.length).toBe(4);
  });

  it('says before it dials that keys cannot be used', async () => {
    const { ca, client } = certificates;
    expect(await refusal(open.url, { tls: { ca, cert: client.cert, key: 'no key at all' } })).toMatchObject(
      refusedByTls(/The option tls cannot be used/),
    );
  });

  it('names a server that does not speak TLS, and one that does', async () => {
    const plainPort = broker.url.replace(/^amqp:/, 'amqps:');
    expect(await refusal(plainPort, { tls: { ca: certificates.ca } })).toMatchObject({
      reason: 'protocol',
      message: expect.stringContaining('does not speak TLS'),
    });
    // A server of Node.js ends the connection without a word, and RabbitMQ with an alert.
    expect(await refusal(open.url.replace(/^amqps:/, 'amqp:'), {})).toMatchObject({
      message: expect.stringMatching(/it speaks TLS on this port|Is TLS wanted there/),
    });
  });

  it('is broken off with its connection: no socket is left', async () => {
    const transport = createTransport(open.url, { tls: { ca: certificates.ca } });
    await transport.connect();
    await transport.close();
    await until(async () => (await broker.connections()).length === 0);
    // The port still works: it was our connection that ended, not the listener.
    const socket = connectTls({ port: open.port, host: 'localhost', ca: certificates.ca });
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    socket.destroy();
  });
});
