import { describe, expect, it } from 'vitest';
import { encodeContentHeader, encodeMethod } from '../test/amqplib-codec.js';
import {
  bodies,
  brokerInTest,
  clientOf,
  collect,
  confirming,
  rawClient,
  roundTrip,
  until,
} from '../test/broker-in-test.js';

describe('idle', () => {
  it('resolves when there is nothing to do', async () => {
    const { broker } = await brokerInTest();
    await broker.idle();
    await clientOf(broker);
    await broker.idle({ timeoutMs: 1000 });
  });

  it('resolves when all is delivered and settled', async () => {
    const { broker } = await brokerInTest();
    const { channel } = await clientOf(broker);
    await channel.assertQueue('first');
    await channel.assertQueue('second');
    // Each message makes another one, a turn later.
    await channel.consume('first', (message) => {
      if (message === null) return;
      setImmediate(() => {
        channel.sendToQueue('second', message.content);
        channel.ack(message);
      });
    });
    const done = await collect(channel, 'second');
    for (const body of ['1', '2', '3']) channel.sendToQueue('first', Buffer.from(body));

    await broker.idle();

    expect(bodies(done)).toEqual(['1', '2', '3']);
  });

  it('does not wait for messages that nobody consumes', async () => {
    const { broker } = await brokerInTest();
    const { channel } = await clientOf(broker);
    await channel.assertQueue('q');
    channel.sendToQueue('q', Buffer.from('left'));
    await broker.idle();
    expect(broker.queues()).toMatchObject([{ messagesReady: 1 }]);
  });

  it('says which queue has unacknowledged messages when it takes too long', async () => {
    const { broker } = await brokerInTest();
    const { channel } = await clientOf(broker);
    await channel.assertQueue('q');
    await channel.prefetch(1);
    await collect(channel, 'q', {});
    for (const body of ['1', '2', '3']) channel.sendToQueue('q', Buffer.from(body));
    await until(() => broker.counts().delivered === 1);
    await roundTrip(channel);

    await expect(broker.idle({ timeoutMs: 30 })).rejects.toMatchObject({
      name: 'BrokerError',
      code: 'ERR_LEVERET_BROKER_NOT_IDLE',
      message:
        'The broker was not idle within 30 ms: queue q in / has 1 unacknowledged; queue q in / has 2 to deliver.',
    });
  });

  it('says who is owed confirms', async () => {
    const { broker } = await brokerInTest();
    const client = await clientOf(broker, 'publisher');
    const channel = await confirming(client);
    const fault = broker.faults.delayConfirms('until stopped');
    channel.publish('amq.fanout', '', Buffer.from('m'));
    await until(() => fault.hits === 1);

    await expect(broker.idle({ timeoutMs: 10 })).rejects.toThrow(/connection .* is owed 1 confirms/);

    fault.stop();
    await broker.idle();
  });

  it('says who is blocked', async () => {
    const { broker } = await brokerInTest();
    const { channel } = await clientOf(broker, 'publisher');
    broker.faults.block();
    channel.publish('amq.fanout', '', Buffer.from('m'));
    await until(() => broker.connections().some(({ status }) => status === 'blocked'));

    await expect(broker.idle({ timeoutMs: 40 })).rejects.toThrow(/connection .* is blocked/);

    broker.faults.unblock();
    await broker.idle();
    expect(broker.counts().published).toBe(1);
  });

  it('says who has not read what it was sent', async () => {
    const { broker } = await brokerInTest();
    const { channel } = await clientOf(broker, 'frozen');
    await channel.assertQueue('q');
    const fault = broker.faults.freeze();
    broker.faults.closeChannel({ code: 406 });

    await expect(broker.idle({ timeoutMs: 10 })).rejects.toThrow(/has not read all that it was sent/);

    fault.stop();
    await broker.idle();
  });

  it('says who goes on sending', async () => {
    const { broker } = await brokerInTest();
    const { channel } = await clientOf(broker);
    const busy = setInterval(() => channel.publish('amq.fanout', '', Buffer.from('m')), 2);

    await expect(broker.idle({ timeoutMs: 60 })).rejects.toThrow('clients go on sending');

    clearInterval(busy);
    await broker.idle();
  });

  it('is not disturbed by a stream that has been read', async () => {
    const { broker } = await brokerInTest();
    const { channel } = await clientOf(broker);
    await channel.assertQueue('stream', { arguments: { 'x-queue-type': 'stream' } });
    await channel.prefetch(10);
    const read: string[] = [];
    await channel.consume('stream', (message) => {
      if (message === null) return;
      read.push(message.content.toString());
      channel.ack(message);
    });
    for (const body of ['1', '2']) channel.sendToQueue('stream', Buffer.from(body));

    await broker.idle();

    expect(read).toEqual(['1', '2']);
  });

  it('says who has sent half a message', async () => {
    const { broker } = await brokerInTest();
    const client = await rawClient(broker);
    client.write(encodeMethod(1, 'basic.publish', { exchange: 'amq.fanout', routingKey: '' }));
    client.write(encodeContentHeader(1, 10, {}, 60));
    await until(() => (broker.connections()[0]?.framesReceived ?? 0) === 6);

    await expect(broker.idle({ timeoutMs: 40 })).rejects.toThrow(/connection .* has sent half a message/);
  });
});
