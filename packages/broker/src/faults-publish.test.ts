import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from 'rabbitmq-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  bodies,
  brokerInTest,
  clientOf,
  collect,
  confirming,
  listening,
  publish,
  rawClient,
  roundTrip,
  until,
} from '../test/broker-in-test.js';
import type { WireClient } from '../test/wire-client.js';
import type { Broker } from './broker.js';

/** A raw client whose channel 1 gives confirms, and that publishes to a queue `q`. */
async function publisherTo(broker: Broker, name = 'publisher'): Promise<WireClient> {
  const client = await rawClient(broker, { clientProperties: { connection_name: name } });
  await client.ask(1, 'queue.declare', { queue: 'q' });
  await client.ask(1, 'confirm.select');
  return client;
}

function send(client: WireClient, ...messages: string[]): void {
  for (const message of messages) client.publish(1, { exchange: '', routingKey: 'q' }, message);
}

/** The next confirms: +1 is an ack of the first, -2 a nack of the second, `…` stands for multiple. */
async function confirms(client: WireClient, count: number): Promise<string[]> {
  const read: string[] = [];
  while (read.length < count) {
    const { name, fields } = await client.next();
    const sign = name === 'basic.ack' ? '+' : name === 'basic.nack' ? '-' : name;
    read.push(`${fields['multiple'] ? '…' : ''}${sign}${fields['deliveryTag']}`);
  }
  return read;
}

describe('delaying confirms', () => {
  it('holds them until it is stopped, in their order', async () => {
    const { broker } = await brokerInTest();
    const client = await publisherTo(broker);
    const fault = broker.faults.delayConfirms('until stopped');

    send(client, '1', '2', '3');
    await client.ask(1, 'basic.qos');
    expect(fault.hits).toBe(3);
    expect(broker.queues()).toMatchObject([{ messagesReady: 3 }]);
    fault.stop();
    fault.stop();

    expect(await confirms(client, 3)).toEqual(['+1', '+2', '+3']);
    send(client, '4');
    expect(await confirms(client, 1)).toEqual(['+4']);
  });

  it('holds each for its time', async () => {
    const { broker } = await brokerInTest();
    const client = await publisherTo(broker);
    broker.faults.delayConfirms({ ms: 30 });

    const sentAt = performance.now();
    send(client, '1');
    await client.ask(1, 'basic.qos');
    send(client, '2');

    expect(await confirms(client, 2)).toEqual(['+1', '+2']);
    expect(performance.now() - sentAt).toBeGreaterThanOrEqual(29);
  });

  it('gives at once what it still holds when it is stopped, and nothing twice', async () => {
    const { broker } = await brokerInTest();
    const client = await publisherTo(broker);
    const fault = broker.faults.delayConfirms({ ms: 20 });

    send(client, '1', '2');
    await client.ask(1, 'basic.qos');
    fault.stop();

    expect(await confirms(client, 2)).toEqual(['+1', '+2']);
    await delay(25);
    await client.ask(1, 'basic.qos');
  });

  it('delays only those whom it is meant for', async () => {
    const { broker } = await brokerInTest();
    const [meant, spared] = [await publisherTo(broker, 'meant'), await publisherTo(broker, 'spared')];
    using fault = broker.faults.delayConfirms('until stopped', 'meant');

    send(meant, '1');
    send(spared, '1');

    expect(await confirms(spared, 1)).toEqual(['+1']);
    await meant.ask(1, 'basic.qos');
    expect(fault.hits).toBe(1);
  });

  it('covers nothing that it holds with an ack of several', async () => {
    const { broker } = await brokerInTest();
    const client = await publisherTo(broker);
    const fault = broker.faults.delayConfirms('until stopped');
    send(client, '1');
    await client.ask(1, 'basic.qos');
    const second = await rawClient(broker);
    using _nobody = broker.faults.delayConfirms('until stopped', 'nobody');

    fault.stop();
    send(client, '2', '3');

    const read = await confirms(client, 1);
    expect(read).toEqual(['+1']);
    await second.ask(1, 'basic.qos');
  });

  it('forgets those of a channel that is gone', async () => {
    const { broker } = await brokerInTest();
    const client = await publisherTo(broker);
    const fault = broker.faults.delayConfirms('until stopped');
    send(client, '1');
    await client.ask(1, 'channel.close');

    fault.stop();

    await client.ask(1, 'channel.open');
    await client.ask(1, 'basic.qos');
  });
});

describe('refusing publishes with a nack', () => {
  it('puts them in no queue', async () => {
    const { broker } = await brokerInTest();
    const channel = await confirming(await clientOf(broker));
    await channel.assertQueue('q');
    const fault = broker.faults.nackPublishes();

    expect(await Promise.all(['1', '2'].map((body) => publish(channel, 'q', body)))).toEqual(['nack', 'nack']);

    expect(await channel.get('q')).toBe(false);
    expect(fault.hits).toBe(2);
    expect(broker.counts()).toMatchObject({ published: 2, nacked: 2, confirmed: 0 });
    fault.stop();
    expect(await publish(channel, 'q', '3')).toBe('ack');
  });

  it('does so as often as it is told', async () => {
    const { broker } = await brokerInTest();
    const client = await publisherTo(broker);
    const fault = broker.faults.nackPublishes({ times: 2 });

    send(client, '1', '2', '3');

    expect(await confirms(client, 3)).toEqual(['-1', '-2', '+3']);
    expect(fault.hits).toBe(2);
    expect(broker.queues()).toMatchObject([{ messages: 1 }]);
  });

  it('leaves alone those whom it is not meant for, and channels without confirms', async () => {
    const { broker } = await brokerInTest();
    const spared = await publisherTo(broker, 'spared');
    const plain = await clientOf(broker, 'meant');
    using fault = broker.faults.nackPublishes({ match: 'meant' });

    send(spared, '1');
    plain.channel.sendToQueue('q', Buffer.from('2'));
    await roundTrip(plain.channel);

    expect(await confirms(spared, 1)).toEqual(['+1']);
    expect(broker.queues()).toMatchObject([{ messages: 2 }]);
    expect(fault.hits).toBe(0);
  });

  it('is told to the sender of rabbitmq-client', async () => {
    const { broker } = await brokerInTest();
    const client = new Connection(broker.url);
    onTestFinished(() => client.close());
    const publisher = client.createPublisher({ confirm: true });
    using _fault = broker.faults.nackPublishes({ times: 1 });

    await expect(publisher.send('amq.direct', 'refused')).rejects.toThrow();
    await publisher.send('amq.direct', 'taken');
    await publisher.close();
  });
});

describe('reordering confirms', () => {
  it('gives those of one turn one by one, the last one first', async () => {
    const { broker } = await brokerInTest();
    const channel = await confirming(await clientOf(broker));
    await channel.assertQueue('q');
    const order: string[] = [];
    const fault = broker.faults.reorderConfirms();

    await Promise.all(['1', '2', '3'].map((body) => publish(channel, 'q', body).then(() => order.push(body))));

    expect(order).toEqual(['3', '2', '1']);
    expect(fault.hits).toBe(3);
    fault.stop();
    await Promise.all(['4', '5'].map((body) => publish(channel, 'q', body).then(() => order.push(body))));
    expect(order.slice(3)).toEqual(['4', '5']);
  });

  it('gives what it holds when it is stopped', async () => {
    const { broker } = await brokerInTest();
    const [meant, spared] = [await publisherTo(broker, 'meant'), await publisherTo(broker, 'spared')];
    const fault = broker.faults.reorderConfirms('meant');
    send(spared, '1', '2');
    send(meant, '1', '2');
    await until(() => fault.hits === 2);
    fault.stop();

    expect((await confirms(meant, 2)).sort()).toEqual(['+1', '+2']);
    expect(await confirms(spared, 1)).toSatisfy(([first]) => first === '…+2' || first === '+1');
  });
});

describe('a reply that comes before the confirm of its request', () => {
  it('is seen first by the client', async () => {
    const { broker } = await brokerInTest();
    const [caller, server] = [await clientOf(broker, 'caller'), await clientOf(broker, 'server')];
    const channel = await confirming(caller);
    await channel.assertQueue('requests');
    await channel.assertQueue('replies');
    await server.channel.consume('requests', (request) => {
      if (request === null) return;
      server.channel.sendToQueue('replies', Buffer.from(`re: ${request.content}`));
      server.channel.ack(request);
    });
    const seen: string[] = [];
    await channel.consume('replies', (reply) => void seen.push(`${reply?.content}`), { noAck: true });
    const fault = broker.faults.replyBeforeConfirm();

    for (const request of ['1', '2']) {
      await publish(channel, 'requests', request);
      seen.push(`confirm of ${request}`);
    }

    expect(seen).toEqual(['re: 1', 'confirm of 1', 're: 2', 'confirm of 2']);
    expect(fault.hits).toBe(2);
    fault.stop();
  });

  it('works with direct replies, and with several calls at a time', async () => {
    const { broker } = await brokerInTest();
    const [caller, server] = [await clientOf(broker, 'caller'), await clientOf(broker, 'server')];
    const channel = await confirming(caller);
    await server.channel.assertQueue('requests');
    const replying = listening(await server.connection.createConfirmChannel());
    await server.channel.consume(
      'requests',
      (request) => {
        if (request !== null) replying.sendToQueue(request.properties.replyTo, request.content);
      },
      { noAck: true },
    );
    const seen: string[] = [];
    await channel.consume('amq.rabbitmq.reply-to', (reply) => void seen.push(`re: ${reply?.content}`), { noAck: true });
    using _fault = broker.faults.replyBeforeConfirm({ match: 'caller' });

    await Promise.all(
      ['1', '2', '3'].map(
        (request) =>
          new Promise<void>((resolve) =>
            channel.sendToQueue('requests', Buffer.from(request), { replyTo: 'amq.rabbitmq.reply-to' }, () => {
              seen.push(`confirm of ${request}`);
              resolve();
            }),
          ),
      ),
    );

    for (const request of ['1', '2', '3']) {
      expect(seen.indexOf(`re: ${request}`)).toBeLessThan(seen.indexOf(`confirm of ${request}`));
    }
    expect(seen).toHaveLength(6);
  });

  it('is not waited for longer than it is told', async () => {
    const { broker } = await brokerInTest();
    const client = await publisherTo(broker);
    using fault = broker.faults.replyBeforeConfirm({ maxHoldMs: 20 });

    const sentAt = performance.now();
    send(client, 'nobody answers');

    expect(await confirms(client, 1)).toEqual(['+1']);
    expect(performance.now() - sentAt).toBeGreaterThanOrEqual(19);
    expect(fault.hits).toBe(1);
  });

  it('is waited for no more once the fault is stopped', async () => {
    const { broker } = await brokerInTest();
    const client = await publisherTo(broker);
    const fault = broker.faults.replyBeforeConfirm({ maxHoldMs: 1_000_000 });

    send(client, '1', '2');
    await until(() => fault.hits === 2);
    fault.stop();

    expect(await confirms(client, 2)).toEqual(['+1', '+2']);
  });
});

describe('blocking publishers', () => {
  it('tells them when they publish, holds what they send, and carries it out afterwards', async () => {
    const { broker, events } = await brokerInTest();
    const { connection, channel } = await clientOf(broker, 'publisher');
    const told: string[] = [];
    connection.on('blocked', (reason) => told.push(`blocked: ${reason}`));
    connection.on('unblocked', () => told.push('unblocked'));
    await channel.assertQueue('q');
    broker.faults.block('out of disk');

    for (const body of ['1', '2', '3']) channel.sendToQueue('q', Buffer.from(body));
    await until(() => told.length === 1);
    expect(broker.connections()).toMatchObject([{ status: 'blocked' }]);
    expect(broker.queues()).toMatchObject([{ messages: 0 }]);
    broker.faults.unblock();

    const messages = await collect(channel, 'q');
    await until(() => messages.length === 3);
    expect(bodies(messages)).toEqual(['1', '2', '3']);
    expect(told).toEqual(['blocked: out of disk', 'unblocked']);
    const types = events.map(({ type }) => type);
    expect(types).toEqual([
      'connection-opened',
      'alarm-raised',
      'connection-blocked',
      'alarm-cleared',
      'connection-unblocked',
    ]);
  });

  it('lets those who only consume go on', async () => {
    const { broker } = await brokerInTest();
    const { channel } = await clientOf(broker);
    await channel.assertQueue('q');
    channel.sendToQueue('q', Buffer.from('before'));
    await roundTrip(channel);
    broker.faults.block();

    const consumer = await clientOf(broker);
    const messages = await collect(consumer.channel, 'q', {});
    await until(() => messages.length === 1);
    for (const message of messages) if (message) consumer.channel.ack(message);
    await consumer.channel.close();

    expect(broker.queues()).toMatchObject([{ messages: 0 }]);
    broker.faults.unblock();
    broker.faults.unblock();
  });

  it('sends the frames themselves, with the default reason, and none to a client that does not know them', async () => {
    const { broker } = await brokerInTest();
    const capabilities = { 'connection.blocked': true };
    const knowing = await rawClient(broker, { clientProperties: { capabilities } });
    const other = await rawClient(broker);
    broker.faults.block();

    for (const client of [knowing, other]) {
      client.publish(1, { exchange: 'amq.fanout' }, 'held');
      client.send(1, 'queue.declare', { queue: 'q' });
    }

    expect(await knowing.expect(0, 'connection.blocked')).toMatchObject({ reason: 'low on memory' });
    broker.faults.unblock();
    await knowing.expect(0, 'connection.unblocked');
    await knowing.expect(1, 'queue.declare-ok');
    await other.expect(1, 'queue.declare-ok');
    expect(broker.counts().published).toBe(2);
  });

  it('blocks who connects later too', async () => {
    const { broker } = await brokerInTest();
    broker.faults.block();
    const { channel } = await clientOf(broker);
    channel.publish('amq.fanout', '', Buffer.from('held'));
    await until(() => broker.connections().every(({ status }) => status === 'blocked'));
    broker.faults.unblock();
    await roundTrip(channel);
    expect(broker.counts().published).toBe(1);
  });
});
