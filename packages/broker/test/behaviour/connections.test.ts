import { expect, it } from 'vitest';
import { onEachBroker, onEachOperatedBroker } from '../brokers.js';
import { WireClient, type WireMethod } from '../wire-client.js';
import { closesChannel, closesConnection } from './refusals.js';

onEachBroker('a connection', (broker) => {
  it('that the client closes takes nothing more', async () => {
    const queue = broker().uniqueName('q');
    using client = await WireClient.openChannel(broker());
    client.send(0, 'connection.close', { replyCode: 200, replyText: 'bye' });
    client.send(1, 'queue.declare', { queue });
    expect(await client.next()).toEqual({ channel: 0, name: 'connection.close-ok', fields: {} });
    client.end();
    await client.ended();
    using other = await WireClient.openChannel(broker());
    expect(await other.refusal(1, 'queue.declare', { queue, passive: true })).toMatchObject({ code: 404 });
  });

  it('that the broker closes takes nothing more, and ends when the client knows', async () => {
    const [before, after] = [broker().uniqueName('before'), broker().uniqueName('after')];
    using client = await WireClient.openChannel(broker());
    client.send(0, 'queue.declare');
    client.send(1, 'queue.declare', { queue: before });
    expect(await client.next()).toEqual({
      channel: 0,
      name: 'connection.close',
      fields: {
        replyCode: 504,
        replyText: 'CHANNEL_ERROR - unexpected method in connection state running',
        classId: 50,
        methodId: 10,
      },
    });
    client.send(1, 'queue.declare', { queue: after });
    client.send(0, 'connection.close-ok');
    await client.ended();
    using other = await WireClient.openChannel(broker());
    for (const queue of [before, after]) {
      expect(await other.refusal(1, 'queue.declare', { queue, passive: true })).toEqual(
        closesChannel(404, `no queue '${queue}' in vhost '${broker().virtualHost}'`, 'queue.declare'),
      );
      await other.ask(1, 'channel.open');
    }
  });

  it('that both close at once ends when the client has answered', async () => {
    using client = await WireClient.openChannel(broker());
    client.send(0, 'queue.declare');
    client.send(0, 'connection.close');
    expect([(await client.next()).name, (await client.next()).name]).toEqual([
      'connection.close',
      'connection.close-ok',
    ]);
    client.send(0, 'connection.close-ok');
    await client.ended();
  });

  it('takes its exclusive queues along, whether it said goodbye or not', async () => {
    const queue = broker().uniqueName('q');
    using watcher = await WireClient.openChannel(broker());
    const outcome = async (): Promise<number> => {
      const { code } = await watcher.refusal(1, 'queue.declare', { queue, passive: true });
      await watcher.ask(1, 'channel.open');
      return code;
    };
    for (const durable of [false, true]) {
      using client = await WireClient.openChannel(broker());
      await client.ask(1, 'queue.declare', { queue, exclusive: true, durable });
      expect(await outcome()).toBe(405);
      await client.ask(0, 'connection.close');
      expect(await outcome()).toBe(404);
    }
    const client = await WireClient.openChannel(broker());
    await client.ask(1, 'queue.declare', { queue, exclusive: true });
    client.destroy();
    await expect.poll(outcome, { interval: 5, timeout: 5_000 }).toBe(404);
  });

  it('may renew its secret', async () => {
    using client = await WireClient.openChannel(broker());
    const newSecret = Buffer.from(broker().password);
    expect(await client.ask(0, 'connection.update-secret', { newSecret, reason: 'renewed' })).toEqual({});
    expect(await client.ask(1, 'channel.flow', { active: true })).toEqual({ active: true });
  });
});

onEachOperatedBroker('an operator', (broker) => {
  const told = { capabilities: { 'connection.blocked': true } };

  it('closes connections with a reason', async () => {
    const connectionName = broker().uniqueName('connection');
    using client = await WireClient.openChannel(broker(), {
      clientProperties: { connection_name: connectionName },
    });
    using other = await WireClient.openChannel(broker());
    const refused = client.refused();
    expect(await broker().closeConnections(connectionName, 'go away')).toBe(1);
    expect(await refused).toEqual(closesConnection(320, 'go away'));
    expect(await other.ask(1, 'channel.flow', { active: true })).toEqual({ active: true });
  });

  it('blocks publishers with a memory alarm, and tells those who want to know', async () => {
    using publisher = await WireClient.openChannel(broker(), { clientProperties: told });
    using unaware = await WireClient.openChannel(broker());
    using consumer = await WireClient.openChannel(broker(), { clientProperties: told });
    const queue = broker().uniqueName('q');
    await consumer.ask(1, 'queue.declare', { queue, exclusive: true });
    let pending: Promise<WireMethod>;
    await broker().raiseMemoryAlarm();
    try {
      // Who does not publish is not blocked.
      await publisher.ask(1, 'exchange.declare', { exchange: 'amq.direct', passive: true });
      publisher.publish(1, { routingKey: queue }, 'from the publisher');
      expect(await publisher.next()).toEqual({
        channel: 0,
        name: 'connection.blocked',
        fields: { reason: 'low on memory' },
      });
      unaware.publish(1, { routingKey: queue }, 'from the unaware');
      publisher.send(1, 'channel.flow', { active: true });
      unaware.send(1, 'channel.flow', { active: true });
      pending = unaware.next();
      const first = await Promise.race([
        pending.then(({ name }) => name),
        consumer.ask(1, 'basic.qos').then(() => 'blocked'),
      ]);
      expect(first).toBe('blocked');
      using late = await WireClient.openChannel(broker(), { clientProperties: told });
      late.publish(1, { routingKey: queue }, 'from the late one');
      expect((await late.next()).name).toBe('connection.blocked');
    } finally {
      await broker().clearMemoryAlarm();
    }
    expect(await publisher.next()).toEqual({ channel: 0, name: 'connection.unblocked', fields: {} });
    expect(await publisher.next()).toEqual({ channel: 1, name: 'channel.flow-ok', fields: { active: true } });
    expect(await pending).toEqual({ channel: 1, name: 'channel.flow-ok', fields: { active: true } });
    publisher.publish(1, { routingKey: queue }, 'after all');
    await expect
      .poll(async () => (await consumer.ask(1, 'queue.declare', { queue, passive: true }))['messageCount'])
      .toBeGreaterThanOrEqual(3);
  });

  it('blocks so well that a goodbye is not heard before the alarm is over', async () => {
    using client = await WireClient.openChannel(broker(), { clientProperties: told });
    await broker().raiseMemoryAlarm();
    try {
      client.publish(1, { routingKey: 'nowhere' }, 'x');
      expect((await client.next()).name).toBe('connection.blocked');
      client.send(0, 'connection.close');
    } finally {
      await broker().clearMemoryAlarm();
    }
    expect([(await client.next()).name, (await client.next()).name]).toEqual([
      'connection.unblocked',
      'connection.close-ok',
    ]);
  });
});
