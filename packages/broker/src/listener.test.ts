import { once } from 'node:events';
import { createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { connect } from 'amqplib';
import { Connection } from 'rabbitmq-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { brokerInTest, listening, socketTo, until } from '../test/broker-in-test.js';
import { selfSigned } from '../test/clients/self-signed.js';
import type { Broker } from './broker.js';
import { startBroker } from './embedded-broker.js';
import { BrokerError } from './errors.js';

const identity = selfSigned();

async function secureClient(broker: Broker, options: object = {}) {
  const connection = await connect(broker.url, { ca: [identity.cert], ...options });
  const told: string[] = [];
  connection.on('error', (error) => told.push(error.message));
  connection.on('close', () => told.push('closed'));
  return { channel: listening(await connection.createChannel()), told };
}

describe('TLS', () => {
  it('is what amqps:// clients get by the option tls', async () => {
    const { broker } = await brokerInTest({ tls: identity });
    const { channel } = await secureClient(broker);

    await channel.assertQueue('q');

    expect(broker.url).toMatch(/^amqps:\/\/guest:guest@127\.0\.0\.1:\d+\/%2F$/);
    expect(broker.connections()).toMatchObject([{ status: 'open' }]);
  });

  it('is spoken with rabbitmq-client too', async () => {
    const { broker } = await brokerInTest({ tls: identity });
    const client = new Connection({ url: broker.url, tls: { ca: identity.cert } });
    onTestFinished(() => client.close());
    await client.queueDeclare('q');
    expect(broker.queues()).toHaveLength(1);
  });

  it('demands a certificate of clients if asked', async () => {
    const tls = { ...identity, ca: identity.cert, requestCert: true, rejectUnauthorized: true };
    const { broker, reasons } = await brokerInTest({ tls });

    await expect(connect(broker.url, { ca: [identity.cert] })).rejects.toThrow();
    await secureClient(broker, identity);

    await until(() => reasons().length === 1);
    expect(reasons()[0]).toMatch(/^no TLS: /);
  });

  it('is refused by a client that does not trust it', async () => {
    const { broker, reasons } = await brokerInTest({ tls: identity });
    await expect(connect(broker.url)).rejects.toThrow(/self[- ]signed/);
    await until(() => reasons().length === 1);
  });

  it('lets clients be told that the broker stops', async () => {
    const { broker, reasons } = await brokerInTest({ tls: identity });
    const { told } = await secureClient(broker);

    await broker.stop();

    await until(() => told.includes('closed'));
    expect(reasons()[0]).toContain("320 CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'");
    await broker.start();
    await secureClient(broker);
  });

  it('lets a connection be reset', async () => {
    const { broker } = await brokerInTest({ tls: identity });
    const socket = connectTls({ port: broker.port, host: '127.0.0.1', ca: identity.cert });
    const errors: unknown[] = [];
    socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code));
    await once(socket, 'secureConnect');
    await until(() => broker.connections().length === 1);

    broker.faults.resetConnections();

    await until(() => socket.closed);
    // Node.js 20 takes a RST that comes with data for an end.
    expect(errors.length === 0 || errors[0] === 'ECONNRESET').toBe(true);
    await until(() => broker.connections().length === 0);
  });

  it('lets a connection be cut, dropped, frozen and closed, as a plain one', async () => {
    const { broker } = await brokerInTest({ tls: identity });
    const clients = [await secureClient(broker), await secureClient(broker)];
    broker.faults.cutAtFrame(1, { direction: 'sent', midFrame: true });
    await expect(clients[0]?.channel.assertQueue('q')).rejects.toThrow();
    broker.faults.freeze().stop();
    await clients[1]?.channel.assertQueue('q');
    broker.faults.dropConnections();
    await until(() => clients.every(({ told }) => told.includes('closed')));
    expect(broker.connections()).toEqual([]);
  });

  it('leaves nothing when the broker is closed in the middle of a handshake', async () => {
    const { broker } = await brokerInTest({ tls: identity });
    const { end } = await socketTo(broker);
    await broker.close();
    expect(await end).toBe('FIN');
  });

  it.each([
    ['no certificate', { key: identity.key, cert: 'no certificate' }],
    ['a key that is none', { key: 'no key', cert: identity.cert }],
    ['neither', {}],
  ])('is refused at once with %s', async (_, tls) => {
    await expect(startBroker({ tls })).rejects.toMatchObject({
      name: 'BrokerError',
      code: 'ERR_LEVERET_BROKER_OPTION',
    });
  });
});

describe('the port', () => {
  it('is a free one by default, and a new one for every broker', async () => {
    const [one, other] = [await brokerInTest(), await brokerInTest()];
    expect(one.broker.port).toBeGreaterThan(0);
    expect(one.broker.port).not.toBe(other.broker.port);
  });

  it('is said to be taken when it is', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;

    const error = await startBroker({ port }).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(BrokerError);
    expect(error).toMatchObject({
      code: 'ERR_LEVERET_BROKER_PORT',
      message: `Port ${port} of 127.0.0.1 is taken, perhaps by a RabbitMQ or another broker. Take another port, or 0 for a free one.`,
      cause: { code: 'EADDRINUSE' },
    });
  });

  it('cannot be had at an address of another machine', async () => {
    await expect(startBroker({ host: '192.0.2.1' })).rejects.toMatchObject({
      code: 'ERR_LEVERET_BROKER_PORT',
      message: '192.0.2.1 is no address of this machine. Take 127.0.0.1, or leave the host out.',
    });
  });

  it('can be had at the address of IPv6', async () => {
    const { broker } = await brokerInTest({ host: '::1' });
    expect(broker.url).toBe(`amqp://guest:guest@[::1]:${broker.port}/%2F`);
    const connection = await connect(broker.url);
    expect(broker.connections()).toMatchObject([{ peerAddress: '::1' }]);
    await connection.close();
  });

  it.each([
    ['0.0.0.0', '127.0.0.1'],
    ['::', '[::1]'],
    ['localhost', 'localhost'],
  ])('of %s is dialled at %s', async (host, dialled) => {
    const { broker } = await brokerInTest({ host });
    expect(broker.url).toContain(`@${dialled}:`);
    await (await connect(broker.url)).close();
  });
});
