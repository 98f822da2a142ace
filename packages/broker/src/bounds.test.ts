import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { encodeContentHeader, encodeFrame, encodeMethod } from '../test/amqplib-codec.js';
import {
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
import { usedMemory } from '../test/fuzz/memory.js';
import { PROTOCOL_HEADER } from '../test/wire-client.js';
import type { Broker } from './broker.js';

const MIB = 1 << 20;

describe('the bound on connections', () => {
  it('closes one too many, and takes another when there is room', async () => {
    const { broker, reasons } = await brokerInTest({ limits: { connections: 2 } });
    const [one] = [await clientOf(broker), await clientOf(broker)];

    const third = await silentClient(broker);
    await third.ended();
    await until(() => reasons().length === 1);
    expect(reasons()).toEqual(['there are 2 connections already']);

    await one?.connection.close();
    await until(() => broker.connections().length === 1);
    await clientOf(broker);
  });

  it('counts those that have not finished their handshake', async () => {
    const { broker } = await brokerInTest({ limits: { connections: 1 } });
    await socketTo(broker);
    await expect(clientOf(broker)).rejects.toThrow();
  });
});

describe('the bound on channels', () => {
  it('is what was agreed upon: one more closes the connection', async () => {
    const { broker } = await brokerInTest({ limits: { channelMax: 3 } });
    const bystander = await clientOf(broker);
    const client = await rawClient(broker);
    await client.ask(2, 'channel.open');
    await client.ask(3, 'channel.open');

    const refusal = await client.refusal(4, 'channel.open');

    expect(refusal).toMatchObject({ scope: 'connection' });
    expect([504, 530]).toContain(refusal.code);
    await roundTrip(bystander.channel);
  });

  it('lets a client have all 2047, and leaves nothing of them', async () => {
    const { broker } = await brokerInTest();
    const client = await rawClient(broker);
    for (let channel = 2; channel <= 2047; channel += 1) client.send(channel, 'channel.open');
    for (let channel = 2; channel <= 2047; channel += 1) await client.expect(channel, 'channel.open-ok');
    expect(broker.channels()).toHaveLength(2047);
    await client.ask(0, 'connection.close');
    expect(broker.channels()).toEqual([]);
  });
});

describe('the bound on a message', () => {
  it('closes the channel before the body has come, and keeps nothing of it', async () => {
    const { broker } = await brokerInTest({ limits: { messageBytes: 1000 } });
    const client = await rawClient(broker);
    await client.ask(1, 'queue.declare', { queue: 'q' });
    client.publish(1, { exchange: '', routingKey: 'q' }, Buffer.alloc(1000));
    await client.ask(1, 'basic.qos');

    client.publish(1, { exchange: '', routingKey: 'q' }, Buffer.alloc(1001));

    expect(await client.refused()).toMatchObject({
      scope: 'channel',
      code: 406,
      text: 'PRECONDITION_FAILED - message size 1001 is larger than configured max size 1000',
    });
    await client.ask(1, 'channel.open');
    expect(broker.queues()).toMatchObject([{ messages: 1 }]);
  });
});

describe('the bounds on a queue', () => {
  it('refuses messages past the most that it may hold, and takes them again when there is room', async () => {
    const { broker } = await brokerInTest({ limits: { queueMessages: 2 } });
    const channel = await confirming(await clientOf(broker));
    await channel.assertQueue('q');

    const answers = await Promise.all(['1', '2', '3'].map((body) => publish(channel, 'q', body)));

    expect(answers).toEqual(['ack', 'ack', 'nack']);
    expect(broker.queues()).toMatchObject([{ messages: 2 }]);
    await channel.get('q', { noAck: true });
    expect(await publish(channel, 'q', '4')).toBe('ack');
  });

  it('refuses messages past the most bytes', async () => {
    const { broker } = await brokerInTest({ limits: { queueBytes: 3000 } });
    const channel = await confirming(await clientOf(broker));
    await channel.assertQueue('q');
    const large = 'x'.repeat(2000);

    expect(await publish(channel, 'q', large)).toBe('ack');
    expect(await publish(channel, 'q', large)).toBe('nack');
    expect(await publish(channel, 'q', 'small')).toBe('ack');
  });
});

describe('the bound on memory', () => {
  it('blocks publishers until a consumer has made room, and then takes what they sent', async () => {
    const { broker } = await brokerInTest({ limits: { memoryBytes: MIB } });
    const [publisher, consumer] = [await clientOf(broker, 'publisher'), await clientOf(broker, 'consumer')];
    const told: string[] = [];
    publisher.connection.on('blocked', (reason) => told.push(`blocked: ${reason}`));
    publisher.connection.on('unblocked', () => told.push('unblocked'));
    const channel = await confirming(publisher);
    await channel.assertQueue('q');

    const body = 'x'.repeat(200_000);
    const answers = Promise.all(Array.from({ length: 10 }, () => publish(channel, 'q', body)));
    await until(() => told.length === 1);
    const [queue] = broker.queues();
    expect(queue?.messages).toBe(6);

    const messages = await collect(consumer.channel, 'q');

    expect(await answers).toEqual(Array.from({ length: 10 }, () => 'ack'));
    await until(() => messages.length === 10);
    expect(told.slice(0, 2)).toEqual(['blocked: low on memory', 'unblocked']);
    await broker.idle();
    expect(broker.connections().map(({ status }) => status)).toEqual(['open', 'open']);
  });

  it('counts contents that have not wholly come', async () => {
    const { broker, events } = await brokerInTest({ limits: { memoryBytes: MIB } });
    const client = await rawClient(broker);
    await client.ask(1, 'queue.declare', { queue: 'q' });
    client.write(encodeMethod(1, 'basic.publish', { exchange: '', routingKey: 'q' }));
    client.write(encodeContentHeader(1, 4 * MIB, {}, 60));
    for (let piece = 0; piece < 12; piece += 1) client.write(encodeFrame(3, 1, Buffer.alloc(100_000)));

    await until(() => events.some(({ type }) => type === 'alarm-raised'));
    client.destroy();
    await until(() => events.some(({ type }) => type === 'alarm-cleared'));
  });

  it('has room again when the queue is purged, deleted, or gone with its connection', async () => {
    const { broker, events } = await brokerInTest({ limits: { memoryBytes: MIB } });
    const operator = await clientOf(broker);
    const alarms = (): string[] => events.map(({ type }) => type).filter((type) => type.startsWith('alarm'));
    for (const [name, clear] of [
      ['purged', () => operator.channel.purgeQueue('purged')],
      ['deleted', () => operator.channel.deleteQueue('deleted')],
      ['faulted', async () => broker.faults.deleteQueue('faulted')],
    ] as const) {
      const filler = await clientOf(broker);
      await filler.channel.assertQueue(name);
      filler.channel.sendToQueue(name, Buffer.alloc(MIB + 1));
      await until(() => alarms().at(-1) === 'alarm-raised');
      await clear();
      await until(() => alarms().at(-1) === 'alarm-cleared');
    }
    const owner = await clientOf(broker);
    await owner.channel.assertQueue('own', { exclusive: true });
    owner.channel.sendToQueue('own', Buffer.alloc(MIB + 1));
    await until(() => alarms().at(-1) === 'alarm-raised');
    await owner.connection.close();
    await until(() => alarms().at(-1) === 'alarm-cleared');
  });
});

describe('the bound on a frame', () => {
  it('is kept by what the broker sends, and a body in many frames is put together again', async () => {
    const { broker } = await brokerInTest();
    const client = await rawClient(broker, { tune: { frameMax: 4096 } });
    await client.ask(1, 'queue.declare', { queue: 'q' });
    const { channel } = await clientOf(broker);
    const body = Buffer.alloc(100_000, 'abc');
    channel.sendToQueue('q', body);
    await roundTrip(channel);

    client.send(1, 'basic.get', { queue: 'q', noAck: true });

    const { content } = await client.next();
    expect(content?.body.equals(body)).toBe(true);
    expect(content?.frames).toBe(Math.ceil(body.length / (4096 - 8)));
  });

  it('is kept of what the client sends: a larger frame ends the connection', async () => {
    const { broker, reasons } = await brokerInTest({ limits: { frameMaxBytes: 8192 } });
    const client = await rawClient(broker);
    client.sendFrame(1, 1, Buffer.alloc(8193));
    expect(await client.expect(0, 'connection.close')).toMatchObject({ replyCode: 501 });
    client.destroy();
    await until(() => reasons().length === 1);
    expect(reasons()[0]).toContain('frame_too_large');
  });

  it('is 4096 before it has been agreed upon', async () => {
    const { broker, reasons } = await brokerInTest();
    const client = await silentClient(broker);
    client.write(PROTOCOL_HEADER);
    await client.expect(0, 'connection.start');
    client.sendFrame(1, 0, Buffer.alloc(5000));
    await client.rest();
    await until(() => reasons().length === 1);
    expect(reasons()[0]).toContain('frame_too_large');
  });
});

describe('a client that does not read', () => {
  it('gets so much and no more; the messages stay in their queue, and others go on', async () => {
    const { broker } = await brokerInTest();
    const channel = await confirming(await clientOf(broker));
    await channel.assertQueue('q');
    const { socket } = await deafClient(broker);
    socket.write(encodeMethod(1, 'basic.consume', { queue: 'q', noAck: true }));
    await until(() => broker.consumers().length === 1);

    const body = 'x'.repeat(MIB);
    for (let count = 0; count < 40; count += 1) await publish(channel, 'q', body);

    const { delivered } = broker.counts();
    expect(delivered).toBeLessThan(20);
    expect(broker.queues()).toMatchObject([{ messagesReady: 40 - delivered }]);
    socket.resume();
    await until(() => broker.counts().delivered === 40);
    await broker.idle();
  });

  it('is not read from either when it asks and asks: what it is owed stays bounded', async () => {
    const { broker } = await brokerInTest();
    const { socket } = await deafClient(broker);
    const queue = 'q'.repeat(255);
    const declare = encodeMethod(1, 'queue.declare', { queue });
    const questions = Buffer.concat(Array.from({ length: 1000 }, () => declare));
    const before = await usedMemory();

    // 140 MB of questions, whose answers are as long.
    let asked = 0;
    const ask = (): void => {
      asked += 1000;
      if (asked < 500_000) socket.write(questions, ask);
    };
    ask();
    const answered = (): number => broker.connections()[0]?.framesReceived ?? 0;
    // It stands still: nothing more is read for many turns.
    await until(standsStill(answered, 300));

    expect(asked).toBeLessThan(400_000);
    expect((await usedMemory()) - before).toBeLessThan(64 * MIB);
    const bystander = await clientOf(broker);
    await roundTrip(bystander.channel);

    socket.resume();
    const stoodAt = answered();
    await until(() => answered() > stoodAt);
  });

  it('gets no more direct replies once 16 MiB lie unread: whoever replies is told', async () => {
    const { broker } = await brokerInTest();
    const server = await clientOf(broker);
    await server.channel.assertQueue('q');
    const requests = await collect(server.channel, 'q');
    const { socket } = await deafClient(broker);
    socket.write(
      Buffer.concat([
        encodeMethod(1, 'basic.consume', { queue: 'amq.rabbitmq.reply-to', noAck: true }),
        encodeMethod(1, 'basic.publish', { routingKey: 'q' }),
        encodeContentHeader(1, 0, { replyTo: 'amq.rabbitmq.reply-to' }, 60),
      ]),
    );
    await until(() => requests.length === 1);
    const channel = await confirming(server);
    const replyTo: string = requests[0]?.properties.replyTo;
    const before = await usedMemory();

    for (let count = 0; count < 100; count += 1) await publish(channel, replyTo, 'x'.repeat(MIB));

    expect(broker.counts().unroutable).toBeGreaterThan(60);
    expect((await usedMemory()) - before).toBeLessThan(64 * MIB);
  });
});

/** Says yes when a number has not changed for so many turns of the event loop. */
function standsStill(number: () => number, turns: number): () => boolean {
  let [last, still] = [number(), 0];
  return () => {
    still = number() === last ? still + 1 : 0;
    last = number();
    return still >= turns;
  };
}

/** An open connection with the channel 1, whose client reads nothing more until its socket is resumed. */
async function deafClient(broker: Broker): Promise<{ readonly socket: Socket }> {
  const { socket } = await socketTo(broker);
  const response = Buffer.from('\0guest\0guest');
  const tune = { channelMax: 100, frameMax: 131_072, heartbeat: 0 };
  socket.write(
    Buffer.concat([
      PROTOCOL_HEADER,
      encodeMethod(0, 'connection.start-ok', { clientProperties: {}, mechanism: 'PLAIN', response, locale: 'en_US' }),
      encodeMethod(0, 'connection.tune-ok', tune),
      encodeMethod(0, 'connection.open', { virtualHost: '/' }),
      encodeMethod(1, 'channel.open', {}),
    ]),
  );
  const opened = broker.channels().length + 1;
  await until(() => broker.channels().length === opened);
  socket.pause();
  return { socket };
}
