import { connect } from 'amqplib';
import { Connection } from 'rabbitmq-client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  bodies,
  brokerInTest,
  clientOf,
  collect,
  confirming,
  publish,
  rawClient,
  roundTrip,
  silentClient,
  socketTo,
  until,
} from '../test/broker-in-test.js';

describe('dropping, resetting and closing connections', () => {
  it('drops them without a word: the client sees its socket end', async () => {
    const { broker, reasons } = await brokerInTest();
    const client = await rawClient(broker);

    expect(broker.faults.dropConnections()).toBe(1);

    await client.ended();
    await until(() => broker.connections().length === 0);
    expect(reasons()).toEqual(['a fault dropped it']);
  });

  it('resets them: the client sees ECONNRESET', async () => {
    const { broker, reasons } = await brokerInTest();
    const { socket, end } = await socketTo(broker);
    socket.write('AMQP\0\0\x09\x01');
    await until(() => broker.connections().length === 1);

    expect(broker.faults.resetConnections()).toBe(1);

    expect(await end).toBe('ECONNRESET');
    await until(() => broker.connections().length === 0);
    expect(reasons()).toEqual(['a fault reset it']);
  });

  it('closes them as an operator does: 320 and the reason', async () => {
    const { broker, reasons } = await brokerInTest();
    const client = await rawClient(broker);

    expect(broker.faults.closeConnections({ reason: 'maintenance' })).toBe(1);

    expect(await client.refused()).toEqual({
      scope: 'connection',
      code: 320,
      text: 'CONNECTION_FORCED - maintenance',
      method: '0.0',
    });
    await until(() => broker.connections().length === 0);
    expect(reasons()).toEqual(['the broker closed it: 320 CONNECTION_FORCED - maintenance']);
  });

  it('closes them with any code', async () => {
    const { broker } = await brokerInTest();
    const client = await rawClient(broker);

    broker.faults.closeConnections({ code: 541, reason: 'INTERNAL_ERROR' });

    expect(await client.refused()).toMatchObject({ code: 541, text: 'INTERNAL_ERROR' });
  });

  it('closes only those that are open: the others understand nothing yet', async () => {
    const { broker } = await brokerInTest();
    const { socket, seen } = await socketTo(broker);
    socket.write('AMQP');
    await until(() => broker.connections().length === 1);

    expect(broker.faults.closeConnections()).toBe(0);

    socket.write('\0\0\x09\x01');
    await until(() => seen.length > 0);
    // connection.start, and nothing before it.
    expect(Buffer.concat(seen).readUInt32BE(7)).toBe(0x000a000a);
  });

  it('picks by the connection_name, by a pattern, by the own name, and by a test', async () => {
    const { broker } = await brokerInTest();
    const clients = await Promise.all(['a1', 'a2', 'b1', 'b2'].map((name) => clientOf(broker, name)));
    const left = (): (string | undefined)[] =>
      broker
        .connections()
        .map(({ connectionName }) => connectionName)
        .sort();

    expect(broker.faults.dropConnections('a1')).toBe(1);
    await until(() => left().length === 3);
    expect(left()).toEqual(['a2', 'b1', 'b2']);

    expect(broker.faults.resetConnections(/^a/g)).toBe(1);
    await until(() => left().length === 2);

    const [own] = broker.connections().filter(({ connectionName }) => connectionName === 'b1');
    expect(broker.faults.dropConnections(own?.name)).toBe(1);
    await until(() => left().length === 1);

    expect(broker.faults.closeConnections({ match: ({ user }) => user === 'guest' })).toBe(1);
    await until(() => left().length === 0);
    expect(broker.faults.dropConnections('nobody')).toBe(0);
    expect(clients.map(({ told }) => told.length > 0)).toEqual([true, true, true, true]);
  });

  it('is survived by rabbitmq-client, which connects again', async () => {
    const { broker } = await brokerInTest();
    const client = new Connection({ url: broker.url, retryLow: 1, retryHigh: 2 });
    onTestFinished(() => client.close());
    client.on('error', () => undefined);
    await client.onConnect();

    broker.faults.resetConnections();

    await until(() => broker.counts().connectionsOpened === 2);
    await client.onConnect();
    await client.queueDeclare('q');
    expect(broker.queues().map(({ name }) => name)).toEqual(['q']);
  });
});

describe('freezing', () => {
  it('leaves a client half-open, until its own heartbeat finds out', async () => {
    // Heartbeats are intervals, in the client and in the broker.
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { broker } = await brokerInTest();
    const { told } = await clientOf(broker, 'frozen', `${broker.url}?heartbeat=1`);

    const fault = broker.faults.freeze('frozen');

    expect(fault.hits).toBe(1);
    expect(broker.connections()).toMatchObject([{ frozen: true, status: 'open' }]);
    vi.advanceTimersByTime(3_000);
    await until(() => told.includes('closed'));
    expect(told).toEqual(['Heartbeat timeout', 'closed']);
  });

  it('loses nothing: after thawing all goes on where it stood', async () => {
    const { broker } = await brokerInTest();
    const publisher = await clientOf(broker, 'publisher');
    const consumer = await clientOf(broker, 'consumer');
    const channel = await confirming(publisher);
    await channel.assertQueue('q');
    const messages = await collect(consumer.channel, 'q');
    const fault = broker.faults.freeze();

    const answers = Promise.all(['1', '2', '3'].map((body) => publish(channel, 'q', body)));
    // A third one is alive, and sees that nothing has come.
    const witness = await clientOf(broker, 'witness');
    await roundTrip(witness.channel);
    expect(broker.counts().published).toBe(0);
    fault.stop();
    fault.stop();

    expect(await answers).toEqual(['ack', 'ack', 'ack']);
    await broker.idle();
    expect(bodies(messages)).toEqual(['1', '2', '3']);
    expect(broker.connections().filter(({ frozen }) => frozen)).toEqual([]);
  });

  it('holds deliveries back in their queue, so that they go to others', async () => {
    const { broker } = await brokerInTest();
    const [one, other] = [await clientOf(broker, 'one'), await clientOf(broker, 'other')];
    await one.channel.assertQueue('q');
    const frozen = await collect(one.channel, 'q');
    const alive = await collect(other.channel, 'q');

    using _fault = broker.faults.freeze('one');
    for (const body of ['1', '2', '3']) other.channel.sendToQueue('q', Buffer.from(body));

    await until(() => alive.length === 3);
    expect(frozen).toEqual([]);
  });

  it('keeps a connection frozen while one of two faults does', async () => {
    const { broker } = await brokerInTest();
    await clientOf(broker);
    const [first, second] = [broker.faults.freeze(), broker.faults.freeze()];

    first.stop();
    expect(broker.connections()).toMatchObject([{ frozen: true }]);
    second.stop();
    expect(broker.connections()).toMatchObject([{ frozen: false }]);
  });
});

describe('refusing connections', () => {
  it('resets new ones, leaves those that are there, and stops with its block', async () => {
    const { broker, events } = await brokerInTest();
    const { channel } = await clientOf(broker);
    {
      using fault = broker.faults.refuseConnections();
      await expect(connect(broker.url)).rejects.toThrow();
      const { socket, end } = await socketTo(broker);
      socket.write('AMQP');
      expect(await end).toBe('ECONNRESET');
      expect(fault.hits).toBe(2);
      await roundTrip(channel);
    }
    await clientOf(broker);
    await until(() => events.filter(({ type }) => type === 'connection-rejected').length === 2);
    expect(events.filter(({ type }) => type === 'connection-rejected')).toMatchObject([
      { reason: 'a fault refuses new connections' },
      { reason: 'a fault refuses new connections' },
    ]);
  });
});

describe('ignoring handshakes', () => {
  it('accepts and says nothing, until it is stopped', async () => {
    const { broker } = await brokerInTest();
    const fault = broker.faults.ignoreHandshakes();
    const { socket, seen } = await socketTo(broker);
    socket.write('AMQP\0\0\x09\x01');
    await until(() => fault.hits === 1);
    expect(broker.connections()).toMatchObject([{ status: 'handshake', frozen: true }]);
    expect(seen).toEqual([]);

    fault.stop();
    fault.stop();

    await until(() => seen.length > 0);
    expect(Buffer.concat(seen).readUInt32BE(7)).toBe(0x000a000a);
  });

  it('lets a whole client in when it is stopped', async () => {
    const { broker } = await brokerInTest();
    const fault = broker.faults.ignoreHandshakes();
    const connecting = clientOf(broker, 'patient');
    await until(() => fault.hits === 1);

    fault.stop();

    await roundTrip((await connecting).channel);
    expect(broker.connections()).toMatchObject([{ connectionName: 'patient', status: 'open' }]);
  });

  it('is no way around the handshake timeout afterwards', async () => {
    const { broker, reasons } = await brokerInTest({ limits: { handshakeTimeoutMs: 50 } });
    const fault = broker.faults.ignoreHandshakes();
    const client = await silentClient(broker);
    await until(() => fault.hits === 1);

    fault.stop();

    await client.ended();
    await until(() => reasons().length > 0);
    expect(reasons()).toEqual(['it was not open within 50 ms']);
  });
});

describe('writing what is no AMQP', () => {
  it('sends garbage: the client ends with an error, the broker lives', async () => {
    const { broker } = await brokerInTest();
    const [hit, spared] = [await clientOf(broker, 'hit'), await clientOf(broker, 'spared')];

    expect(broker.faults.sendGarbage('hit')).toBe(1);

    await until(() => hit.told.includes('closed'));
    expect(hit.told.length).toBe(2);
    await roundTrip(spared.channel);
    expect(spared.told).toEqual([]);
  });

  it('sends a frame of 1 GiB: the client ends with an error, the broker lives', async () => {
    const { broker } = await brokerInTest();
    const [hit, spared] = [await clientOf(broker, 'hit'), await clientOf(broker, 'spared')];

    expect(broker.faults.sendOversizedFrame('hit')).toBe(1);

    await until(() => hit.told.includes('closed'));
    expect(hit.told.length).toBe(2);
    await roundTrip(spared.channel);
    expect(broker.faults.sendOversizedFrame('nobody')).toBe(0);
  });
});
