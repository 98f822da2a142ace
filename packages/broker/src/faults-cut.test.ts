import { describe, expect, it } from 'vitest';
import { encodeContentHeader, encodeFrame, encodeMethod } from '../test/amqplib-codec.js';
import {
  bodies,
  brokerInTest,
  clientOf,
  collect,
  rawClient,
  roundTrip,
  socketTo,
  until,
} from '../test/broker-in-test.js';
import { BrokerError } from './errors.js';

describe('cutting a connection at a frame that is received', () => {
  it('cuts right after it: what it asked for is done', async () => {
    const { broker, reasons } = await brokerInTest();
    const client = await rawClient(broker);
    const fault = broker.faults.cutAtFrame(2);

    await client.ask(1, 'queue.declare', { queue: 'first' });
    expect(fault.hits).toBe(0);
    client.send(1, 'queue.declare', { queue: 'second' });

    await client.rest();
    await until(() => broker.connections().length === 0);
    expect(broker.queues().map(({ name }) => name)).toEqual(['first', 'second']);
    expect(fault.hits).toBe(1);
    expect(reasons()).toEqual(['a fault cut it at frame 2 that was received']);
  });

  it('cuts in the middle of it: nothing of it is done', async () => {
    const { broker } = await brokerInTest();
    const client = await rawClient(broker);
    broker.faults.cutAtFrame(2, { midFrame: true });

    await client.ask(1, 'queue.declare', { queue: 'first' });
    client.send(1, 'queue.declare', { queue: 'second' });

    await client.rest();
    await until(() => broker.connections().length === 0);
    expect(broker.queues().map(({ name }) => name)).toEqual(['first']);
  });

  it('resets the socket, or drops it if asked', async () => {
    const { broker } = await brokerInTest();
    const ends: string[] = [];
    for (const how of ['reset', 'drop'] as const) {
      const { socket, end } = await socketTo(broker);
      socket.write('AMQP\0\0\x09\x01');
      await until(() => broker.connections().length === 1);
      using _fault = broker.faults.cutAtFrame(1, { how });
      // A heartbeat.
      socket.write(Buffer.from([8, 0, 0, 0, 0, 0, 0, 0xce]));
      ends.push(await end);
      await until(() => broker.connections().length === 0);
    }
    expect(ends).toEqual(['ECONNRESET', 'FIN']);
  });

  it('counts the frames of later connections from their beginning', async () => {
    const { broker } = await brokerInTest();
    // start-ok, tune-ok, open, channel.open, queue.declare.
    broker.faults.cutAtFrame(5);
    const client = await clientOf(broker);

    await expect(client.channel.assertQueue('q')).rejects.toThrow();

    expect(client.told).toHaveLength(2);
  });

  it('strikes as many connections as it is told, then no more', async () => {
    const { broker } = await brokerInTest();
    const fault = broker.faults.cutAtFrame(4, { times: 2 });

    await expect(clientOf(broker)).rejects.toThrow();
    await expect(clientOf(broker)).rejects.toThrow();

    const third = await clientOf(broker);
    await roundTrip(third.channel);
    expect(fault.hits).toBe(2);
  });

  it('strikes only whom it is meant for', async () => {
    const { broker } = await brokerInTest();
    const spared = await clientOf(broker, 'spared');
    const fault = broker.faults.cutAtFrame(5, { match: 'meant' });
    const meant = await clientOf(broker, 'meant');

    for (let frame = 0; frame < 6; frame += 1) await roundTrip(spared.channel);
    await expect(meant.channel.assertQueue('q')).rejects.toThrow();

    expect(fault.hits).toBe(1);
    await roundTrip(spared.channel);
  });

  it('strikes nobody once it is stopped', async () => {
    const { broker } = await brokerInTest();
    const { channel } = await clientOf(broker);
    {
      using fault = broker.faults.cutAtFrame(2);
      await roundTrip(channel);
      fault.stop();
      fault.stop();
    }
    await roundTrip(channel);
    await roundTrip((await clientOf(broker)).channel);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses %d as the number of a frame', async (frame) => {
    const { broker } = await brokerInTest();
    expect(() => broker.faults.cutAtFrame(frame)).toThrow(BrokerError);
  });
});

describe('cutting a connection at a frame that is sent', () => {
  it('cuts right after it: the client has read all of it and nothing more', async () => {
    const { broker, reasons } = await brokerInTest();
    const client = await rawClient(broker);
    const fault = broker.faults.cutAtFrame(2, { direction: 'sent' });

    client.send(1, 'queue.declare', { queue: 'first' });
    client.send(1, 'queue.declare', { queue: 'second' });
    client.send(1, 'queue.declare', { queue: 'third' });

    await client.expect(1, 'queue.declare-ok');
    await client.expect(1, 'queue.declare-ok');
    await client.ended();
    expect(fault.hits).toBe(1);
    await until(() => broker.connections().length === 0);
    expect(reasons()).toEqual(['a fault cut it at frame 2 that was sent']);
  });

  it('cuts in the middle of it: the client has a part of a frame', async () => {
    const { broker } = await brokerInTest();
    const client = await rawClient(broker);
    broker.faults.cutAtFrame(2, { direction: 'sent', midFrame: true });

    client.send(1, 'queue.declare', { queue: 'first' });
    await client.expect(1, 'queue.declare-ok');
    client.send(1, 'queue.declare', { queue: 'second' });

    const rest = await client.rest();
    // queue.declare-ok with `second` is 19 octets of payload in 27.
    expect(rest.length).toBeGreaterThan(7);
    expect(rest.length).toBeLessThan(27);
    expect(rest.readUInt32BE(7)).toBe(0x0032000b);
    // It was done: only the answer is lost.
    expect(broker.queues().map(({ name }) => name)).toEqual(['first', 'second']);
  });

  it('drops instead of resetting if asked, after what went before', async () => {
    const { broker } = await brokerInTest();
    broker.faults.cutAtFrame(1, { direction: 'sent', how: 'drop' });
    const { socket, seen, end } = await socketTo(broker);

    socket.write('AMQP\0\0\x09\x01');

    expect(await end).toBe('FIN');
    expect(Buffer.concat(seen).readUInt32BE(7)).toBe(0x000a000a);
    expect(Buffer.concat(seen).at(-1)).toBe(0xce);
  });

  it('lets a delivery be cut between its frames, and the message come again', async () => {
    const { broker } = await brokerInTest();
    const doomed = await clientOf(broker, 'doomed');
    const other = await clientOf(broker, 'other');
    await other.channel.assertQueue('q');
    const cutShort = await collect(doomed.channel, 'q', {});
    // basic.deliver and its header leave, the body does not.
    broker.faults.cutAtFrame(2, { direction: 'sent', match: 'doomed' });

    other.channel.sendToQueue('q', Buffer.from('whole'));
    await until(() => doomed.told.includes('closed'));

    expect(bodies(cutShort)).toEqual([]);
    const messages = await collect(other.channel, 'q');
    await until(() => messages.length === 1);
    expect(messages[0]).toMatchObject({ fields: { redelivered: true } });
  });

  it('strikes only whom it is meant for, and as often as it is told', async () => {
    const { broker } = await brokerInTest();
    const clients = await Promise.all(['a', 'b', 'c'].map((name) => clientOf(broker, name)));
    const fault = broker.faults.cutAtFrame(1, { direction: 'sent', match: /[ab]/, times: 2, midFrame: true });

    const outcomes = await Promise.allSettled(clients.map(({ channel }) => channel.assertQueue('q')));

    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect(fault.hits).toBe(2);
  });

  it('strikes nobody once it is stopped', async () => {
    const { broker } = await brokerInTest();
    const { channel } = await clientOf(broker);
    const fault = broker.faults.cutAtFrame(1, { direction: 'sent' });
    fault.stop();
    await roundTrip(channel);
    expect(fault.hits).toBe(0);
  });
});

describe('several cuts at a time', () => {
  it.each(['received', 'sent'] as const)('strike each at its own: frames %s', async (direction) => {
    const { broker } = await brokerInTest();
    const [one, other] = [await clientOf(broker, 'one'), await clientOf(broker, 'other')];
    const second = broker.faults.cutAtFrame(2, { direction, match: 'one', midFrame: true });
    const first = broker.faults.cutAtFrame(1, { direction, match: 'other', midFrame: true });

    await expect(other.channel.assertQueue('q')).rejects.toThrow();
    await one.channel.checkExchange('amq.direct');
    await expect(one.channel.checkExchange('amq.direct')).rejects.toThrow();

    expect([first.hits, second.hits]).toEqual([1, 1]);
  });

  it.each(['received', 'sent'] as const)('strike at the earliest frame: frames %s', async (direction) => {
    const { broker } = await brokerInTest();
    const { channel } = await clientOf(broker);
    const late = broker.faults.cutAtFrame(3, { direction });
    const early = broker.faults.cutAtFrame(1, { direction, midFrame: true });
    broker.faults.cutAtFrame(2, { direction }).stop();

    await expect(channel.assertQueue('q')).rejects.toThrow();

    expect([early.hits, late.hits]).toEqual([1, 0]);
  });
});

describe('what was written in one piece', () => {
  it('is carried out up to the frame where it is cut, and no further', async () => {
    const { broker } = await brokerInTest();
    const client = await rawClient(broker);
    await client.ask(1, 'queue.declare', { queue: 'q' });
    // Three frames each: method, header, body.
    const fault = broker.faults.cutAtFrame(6);

    client.write(
      Buffer.concat(
        ['1', '2', '3', '4'].flatMap((body) => [
          encodeMethod(1, 'basic.publish', { exchange: '', routingKey: 'q' }),
          encodeContentHeader(1, body.length, {}, 60),
          encodeFrame(3, 1, Buffer.from(body)),
        ]),
      ),
    );

    await client.rest();
    await until(() => broker.connections().length === 0);
    expect(fault.hits).toBe(1);
    expect(broker.counts().published).toBe(2);
  });
});
