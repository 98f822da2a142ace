import { type ChannelModel, connect, type RecoveringChannelModel } from 'amqplib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { brokerInTest, clientOf, collect, publish, until } from '../broker-in-test.js';
import { confirmChannel, heard } from './amqplib-client.js';
import { patterned, range } from './loads.js';
import { selfSigned } from './self-signed.js';

describe('amqplib connects', () => {
  it('over TLS', async () => {
    const tls = selfSigned();
    const { broker } = await brokerInTest({ tls });
    expect(broker.url).toMatch(/^amqps:/);
    await expect(connect(broker.url)).rejects.toThrow(/self.signed certificate/);
    const connection = await connect(broker.url, { ca: [Buffer.from(tls.cert)] });
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('secret');
    channel.sendToQueue('secret', patterned(1_000_000));
    await channel.waitForConfirms();
    const message = await channel.get('secret', { noAck: true });
    expect(message).toMatchObject({ content: patterned(1_000_000) });
    await connection.close();
  });

  it('200 times at once', async () => {
    const { broker } = await brokerInTest();
    const connections = await Promise.all(range(200).map(() => connect(broker.url, { noDelay: true })));
    expect(broker.connections()).toHaveLength(200);
    const answers = await Promise.all(
      connections.map(async (connection, index) => {
        const channel = await connection.createConfirmChannel();
        const { queue } = await channel.assertQueue('', { exclusive: true });
        channel.sendToQueue(queue, Buffer.from(String(index)));
        await channel.waitForConfirms();
        const message = await channel.get(queue, { noAck: true });
        return message === false ? undefined : Number(message.content);
      }),
    );
    expect(answers).toEqual(range(200));
    await Promise.all(connections.map((connection) => connection.close()));
    // Their sockets end a moment after close-ok.
    await expect.poll(() => broker.connections()).toEqual([]);
    expect(broker.queues()).toEqual([]);
  });

  it('with 500 channels', async () => {
    const { broker, connection, channel } = await confirmChannel();
    await channel.assertExchange('all', 'fanout');
    const received: string[] = [];
    await Promise.all(
      range(500).map(async () => {
        const each = await connection.createChannel();
        const { queue } = await each.assertQueue('', { exclusive: true });
        await each.bindQueue(queue, 'all', '');
        await each.consume(queue, (message) => received.push(String(message?.content)), { noAck: true });
      }),
    );
    channel.publish('all', '', Buffer.from('to everybody'));
    await until(() => received.length === 500);
    expect(new Set(received)).toEqual(new Set(['to everybody']));
    expect(broker.channels()).toHaveLength(502);
  });

  it('and is told why it may not', async () => {
    const { broker, reasons } = await brokerInTest();
    await expect(connect(broker.url.replace('guest:guest', 'guest:wrong'))).rejects.toThrow('403 (ACCESS-REFUSED)');
    // With RabbitMQ, too, amqplib tells no more than this.
    await expect(connect(broker.urlOf('nowhere'))).rejects.toThrow('got <ConnectionClose channel:0>');
    await until(() => reasons().length === 2);
    expect(reasons()[1]).toContain('530 NOT_ALLOWED - vhost nowhere not found');
  });

  it('and may change its secret', async () => {
    const { connection, channel } = await confirmChannel();
    await connection.updateSecret(Buffer.from('another'), 'rotation');
    await channel.assertQueue('after');
  });
});

describe('amqplib and the end of a connection', () => {
  it('closed by itself: all it had is gone, and the messages it held are back', async () => {
    const { broker, channel } = await confirmChannel();
    await channel.assertQueue('kept');
    channel.sendToQueue('kept', Buffer.from('held'));
    const other = await clientOf(broker);
    await other.channel.assertQueue('mine', { exclusive: true });
    await collect(other.channel, 'kept', {});
    await until(() => broker.queues().some(({ messagesUnacknowledged }) => messagesUnacknowledged === 1));
    await other.connection.close();
    await until(() => broker.queues().length === 1);
    expect(broker.queues()).toMatchObject([{ name: 'kept', messagesReady: 1, consumers: 0 }]);
    expect(other.told).toEqual(['closed']);
  });

  it('closed by the broker, dropped or reset: whoever waits hears of it, and nothing is unhandled', async () => {
    const { broker } = await brokerInTest();
    const ends = [
      () => broker.faults.closeConnections({ reason: 'maintenance' }),
      () => broker.faults.dropConnections(),
      () => broker.faults.resetConnections(),
      () => broker.faults.sendGarbage(),
    ];
    for (const end of ends) {
      const client = await clientOf(broker);
      const waiting = expect(client.channel.assertQueue('late')).rejects.toThrow();
      end();
      await waiting;
      await until(() => client.told.at(-1) === 'closed');
      await until(() => broker.connections().length === 0);
    }
  });

  it('the broker is closed', async () => {
    const { broker } = await brokerInTest();
    const { connection } = await clientOf(broker);
    const closed = heard(connection, 'close');
    await broker.close();
    expect(String(await closed)).toContain(`320 (CONNECTION-FORCED) with message "CONNECTION_FORCED - `);
    await expect(connect(broker.url)).rejects.toThrow('ECONNREFUSED');
  });
});

describe('amqplib recovers', () => {
  async function recovering(url: string, seen: string[]): Promise<RecoveringChannelModel> {
    const connection = await connect(url, {
      noDelay: true,
      recovery: {
        initialDelay: 10,
        maxDelay: 50,
        setup: async (model: ChannelModel) => {
          const channel = await model.createChannel();
          channel.on('error', () => undefined);
          await channel.assertQueue('durable');
          await channel.consume('durable', (message) => {
            if (message === null) return;
            seen.push(String(message.content));
            channel.ack(message);
          });
        },
      },
    });
    connection.on('error', () => undefined);
    onTestFinished(() => connection.close());
    return connection;
  }

  it.each(['restart', 'reset', 'drop', 'close'] as const)('after a %s', async (what) => {
    const { broker } = await brokerInTest();
    const seen: string[] = [];
    const connection = await recovering(broker.url, seen);
    const again = heard(connection, 'connect');
    if (what === 'restart') await broker.restart({ downMs: 50 });
    else if (what === 'reset') broker.faults.resetConnections();
    else if (what === 'drop') broker.faults.dropConnections();
    else broker.faults.closeConnections();
    await again;
    const channel = await connection.createConfirmChannel();
    expect(await publish(channel, 'durable', 'after')).toBe('ack');
    await until(() => seen.length > 0);
    expect(seen).toEqual(['after']);
    expect(broker.consumers()).toHaveLength(1);
  });

  it('and finds what was durable, and what it had not acknowledged', async () => {
    const { broker, channel } = await confirmChannel();
    await channel.assertQueue('durable');
    await channel.assertQueue('transient', { durable: false });
    channel.sendToQueue('durable', Buffer.from('kept'), { persistent: true });
    channel.sendToQueue('durable', Buffer.from('lost'));
    await channel.waitForConfirms();
    await collect(channel, 'durable', {});
    await broker.restart();
    expect(broker.queues()).toMatchObject([{ name: 'durable', messagesReady: 1 }]);
    const { channel: next } = await clientOf(broker);
    expect(await next.get('durable')).toMatchObject({ content: Buffer.from('kept') });
  });
});
