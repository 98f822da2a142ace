import { connect } from 'amqplib';
import { Connection } from 'rabbitmq-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  bodies,
  brokerInTest,
  clientOf,
  collect,
  confirming,
  rawClient,
  roundTrip,
  socketTo,
  until,
} from '../test/broker-in-test.js';
import type { Broker } from './broker.js';
import { BrokerError } from './errors.js';

/** Durable and passing entities, and a persistent and a passing message in each queue. */
async function fill(broker: Broker): Promise<void> {
  const client = await clientOf(broker, 'filler');
  const channel = await confirming(client);
  for (const durable of [true, false]) {
    const kind = durable ? 'durable' : 'passing';
    await channel.assertQueue(kind, { durable });
    await channel.assertExchange(`${kind} exchange`, 'topic', { durable });
    await channel.bindQueue(kind, `${kind} exchange`, '#');
    for (const persistent of [true, false]) {
      channel.publish(`${kind} exchange`, 'key', Buffer.from(persistent ? 'persistent' : 'passing'), { persistent });
    }
  }
  await channel.waitForConfirms();
}

const named = ({ name }: { readonly name: string }): string => name;
const own = (exchanges: readonly { readonly name: string }[]): string[] =>
  exchanges.map(named).filter((name) => name !== '' && !name.startsWith('amq.'));

describe('restarting', () => {
  it('resets all sockets, and listens on the same port with what was durable', async () => {
    const { broker, reasons } = await brokerInTest();
    await fill(broker);
    const { socket, end } = await socketTo(broker);
    socket.write('AMQP');
    const { port, url } = broker;

    await broker.restart();

    expect(await end).toBe('ECONNRESET');
    expect(new Set(reasons())).toEqual(new Set(['the broker restarts']));
    expect([broker.port, broker.url]).toEqual([port, url]);
    expect(broker.connections()).toEqual([]);
    expect(broker.queues().map(named)).toEqual(['durable']);
    expect(own(broker.exchanges())).toEqual(['durable exchange']);
    expect(broker.bindings().filter(({ source }) => source !== '')).toMatchObject([{ destination: 'durable' }]);
    const messages = await collect((await clientOf(broker)).channel, 'durable');
    await broker.idle();
    expect(bodies(messages)).toEqual(['persistent']);
  });

  it('gives again what was delivered and not acknowledged, marked as redelivered', async () => {
    const { broker } = await brokerInTest();
    const { channel } = await clientOf(broker);
    await channel.assertQueue('q');
    channel.sendToQueue('q', Buffer.from('held'), { persistent: true });
    const before = await collect(channel, 'q', {});
    await until(() => before.length === 1);

    await broker.restart({ keep: 'durable' });

    const after = await collect((await clientOf(broker)).channel, 'q', {});
    await until(() => after.length === 1);
    expect(after[0]?.fields.redelivered).toBe(true);
  });

  it('keeps nothing if asked, but users and virtual hosts', async () => {
    const { broker } = await brokerInTest();
    broker.createVirtualHost('made');
    broker.addUser('late', 'pw');
    await fill(broker);

    await broker.restart({ keep: 'nothing' });

    expect(broker.queues()).toEqual([]);
    expect(own(broker.exchanges())).toEqual([]);
    expect(broker.exchanges('/').map(named)).toContain('amq.topic');
    await clientOf(broker, 'late', broker.urlOf('made', { username: 'late', password: 'pw' }));
  });

  it('has nobody listen while it is down', async () => {
    const { broker } = await brokerInTest();
    const { told } = await clientOf(broker);

    const startedAt = performance.now();
    const restarted = broker.restart({ downMs: 50 });
    await until(() => told.includes('closed'));
    await expect(connect(broker.url)).rejects.toThrow('ECONNREFUSED');
    await restarted;

    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(49);
    await clientOf(broker);
  });

  it('goes on counting', async () => {
    const { broker } = await brokerInTest();
    await fill(broker);
    const before = broker.counts();
    await broker.restart();
    expect(broker.counts()).toEqual(before);
    expect(before).toMatchObject({ connectionsOpened: 1, published: 4, confirmed: 4 });
  });

  it('is survived by a consumer of rabbitmq-client', async () => {
    const { broker } = await brokerInTest();
    const client = new Connection({ url: broker.url, retryLow: 5, retryHigh: 10 });
    onTestFinished(() => client.close());
    client.on('error', () => undefined);
    const received: unknown[] = [];
    const consumer = client.createConsumer({ queue: 'q', queueOptions: { durable: true } }, async ({ body }) => {
      received.push(body);
    });
    consumer.on('error', () => undefined);
    onTestFinished(() => consumer.close());
    await until(() => broker.consumers().length === 1);

    await broker.restart({ downMs: 20 });

    await until(() => broker.consumers().length === 1);
    const { channel } = await clientOf(broker);
    channel.sendToQueue('q', Buffer.from('after'));
    await until(() => received.length === 1);
  });

  it('can be asked for twice at a time, and among frozen clients', async () => {
    const { broker } = await brokerInTest();
    await clientOf(broker);
    const fault = broker.faults.freeze();

    await Promise.all([broker.restart(), broker.restart()]);

    fault.stop();
    await roundTrip((await clientOf(broker)).channel);
  });
});

describe('stopping and starting', () => {
  it('tells clients, closes the port, and comes back with what was durable', async () => {
    const { broker, reasons } = await brokerInTest();
    await fill(broker);
    const client = await rawClient(broker);
    const { port } = broker;

    const stopped = broker.stop();
    expect(await client.refused()).toEqual({
      scope: 'connection',
      code: 320,
      text: "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'",
      method: '0.0',
    });
    await stopped;
    await expect(connect(broker.url)).rejects.toThrow('ECONNREFUSED');
    expect(broker.queues().map(named)).toEqual(['durable']);
    expect(broker.connections()).toEqual([]);
    await broker.start();

    expect(broker.port).toBe(port);
    expect(own(broker.exchanges())).toEqual(['durable exchange']);
    const messages = await collect((await clientOf(broker)).channel, 'durable');
    await broker.idle();
    expect(bodies(messages)).toEqual(['persistent']);
    expect(reasons()).toHaveLength(2);
  });

  it('says so when it is done in the wrong state', async () => {
    const { broker } = await brokerInTest();
    await expect(broker.start()).rejects.toThrow('The broker was to be started, but it is running.');
    await broker.stop();
    await expect(broker.stop()).rejects.toThrow('The broker was to be stopped, but it is stopped.');
    await expect(broker.restart()).rejects.toThrow('The broker was to be restarted, but it is stopped.');
    await broker.close();
    await expect(broker.start()).rejects.toThrow(BrokerError);
    await expect(broker.stop()).rejects.toMatchObject({ code: 'ERR_LEVERET_BROKER_STATE' });
  });

  it('says so when its port is taken meanwhile, and can be started when it is free again', async () => {
    const { broker } = await brokerInTest();
    await broker.stop();
    const { broker: thief } = await brokerInTest({ port: broker.port });

    await expect(broker.start()).rejects.toMatchObject({ code: 'ERR_LEVERET_BROKER_PORT' });

    await thief.close();
    await broker.start();
    await clientOf(broker);
  });

  it('does what it is asked in turn, whoever does not wait', async () => {
    const { broker } = await brokerInTest();
    await clientOf(broker);

    await Promise.all([broker.stop(), broker.start(), broker.restart(), broker.stop(), broker.start()]);

    await clientOf(broker);
    expect(broker.connections()).toHaveLength(1);
  });
});
