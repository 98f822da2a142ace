import { expect, it } from 'vitest';
import type { Fields } from '../amqplib-codec.js';
import { onEachBroker } from '../brokers.js';
import { WireClient } from '../wire-client.js';
import { closesChannel } from './refusals.js';

onEachBroker('a queue', (broker) => {
  const declare = 'queue.declare';
  const named = (queue: string): string => `queue '${queue}' in vhost '${broker().virtualHost}'`;
  const missing = (queue: string): string => `no ${named(queue)}`;

  async function declared(client: WireClient, fields: Fields = { exclusive: true }): Promise<string> {
    const queue = broker().uniqueName('queue');
    await client.ask(1, declare, { queue, ...fields });
    return queue;
  }

  /** Waits for confirms: without, RabbitMQ may count before a message is in. */
  async function publish(client: WireClient, exchange: string, ...routingKeys: readonly string[]): Promise<void> {
    await client.ask(8, 'channel.open');
    await client.ask(8, 'confirm.select');
    for (const routingKey of routingKeys) {
      client.publish(8, { exchange, routingKey }, 'x');
      await client.expect(8, 'basic.ack');
    }
  }

  it('can be declared, again, and is counted', async () => {
    using client = await WireClient.openChannel(broker());
    const queue = broker().uniqueName('queue');
    const fields = { queue, durable: true, autoDelete: true };
    expect(await client.ask(1, declare, fields)).toEqual({ queue, messageCount: 0, consumerCount: 0 });
    await publish(client, '', queue, queue);
    expect(await client.ask(1, declare, fields)).toEqual({ queue, messageCount: 2, consumerCount: 0 });
    await client.call(1, 'basic.get', { queue });
    expect(await client.ask(1, declare, { queue, passive: true })).toEqual({
      queue,
      messageCount: 1,
      consumerCount: 0,
    });
    await client.ask(1, 'queue.purge', { queue });
    await client.ask(1, 'basic.consume', { queue });
    expect(await client.ask(1, declare, { queue, passive: true })).toEqual({
      queue,
      messageCount: 0,
      consumerCount: 1,
    });
    expect(await client.ask(1, 'queue.delete', { queue })).toEqual({ messageCount: 0 });
    expect(await client.refusal(1, declare, { queue, passive: true })).toEqual(
      closesChannel(404, missing(queue), declare),
    );
  });

  it.each<[string, Fields, Fields, string]>([
    ['durable', {}, { durable: true, autoDelete: true }, "received 'true' but current is 'false'"],
    ['durable', { durable: true }, {}, "received 'false' but current is 'true'"],
    ['auto_delete', {}, { autoDelete: true, arguments: { 'x-expires': 9 } }, "received 'true' but current is 'false'"],
    ['auto_delete', { autoDelete: true }, {}, "received 'false' but current is 'true'"],
  ])('declared again with another %s is refused: %j, then %j', async (argument, first, second, words) => {
    using client = await WireClient.openChannel(broker());
    const queue = await declared(client, first);
    expect(await client.refusal(1, declare, { queue, ...second })).toEqual(
      closesChannel(406, `inequivalent arg '${argument}' for ${named(queue)}: ${words}`, declare),
    );
    await client.ask(1, 'channel.open');
    await client.ask(1, 'queue.delete', { queue });
  });

  it('that is only looked for needs no properties', async () => {
    using client = await WireClient.openChannel(broker());
    const queue = await declared(client);
    const other = { durable: true, autoDelete: true, arguments: { 'x-expires': 1 } };
    expect(await client.ask(1, declare, { queue, passive: true, exclusive: true, ...other })).toMatchObject({ queue });
    expect(await client.refusal(1, declare, { queue: 'missing', passive: true })).toEqual(
      closesChannel(404, missing('missing'), declare),
    );
  });

  it('whose name begins with amq. is the broker’s', async () => {
    using client = await WireClient.openChannel(broker());
    expect(await client.refusal(1, declare, { queue: 'amq.mine' })).toEqual(
      closesChannel(403, "queue name 'amq.mine' contains reserved prefix 'amq.*'", declare),
    );
    await client.ask(1, 'channel.open');
    expect(await client.refusal(1, declare, { queue: 'amq.mine', passive: true })).toEqual(
      closesChannel(404, missing('amq.mine'), declare),
    );
    await client.ask(1, 'channel.open');
    for (const queue of ['amqp', 'AMQ.mine', 'amq']) {
      expect(await client.ask(1, declare, { queue, exclusive: true })).toMatchObject({ queue });
    }
  });

  it('without a name gets one, every time', async () => {
    using client = await WireClient.openChannel(broker());
    const { queue: first } = await client.ask(1, declare, { exclusive: true });
    const { queue: second } = await client.ask(1, declare, { exclusive: true });
    expect([first, second]).toEqual(Array(2).fill(expect.stringMatching(/^amq\.gen-[\w-]{22}$/)));
    expect(first).not.toBe(second);
    // Such a name can be used, but not declared, not even again.
    expect(await client.refusal(1, declare, { queue: first, exclusive: true })).toEqual(
      closesChannel(403, `queue name '${first}' contains reserved prefix 'amq.*'`, declare),
    );
  });

  it('is declared without the line breaks in its name', async () => {
    using client = await WireClient.openChannel(broker());
    const name = broker().uniqueName('queue');
    expect(await client.ask(1, declare, { queue: `${name}\n\r`, exclusive: true })).toMatchObject({ queue: name });
  });

  it.each(['queue.bind', 'queue.unbind', 'queue.purge', 'queue.delete', 'basic.consume', 'basic.get'])(
    'without a name is, in %s, the last one declared on the channel',
    async (method) => {
      using client = await WireClient.openChannel(broker());
      const fields = { queue: '', exchange: 'amq.direct' };
      expect(await client.refusal(1, method, fields)).toEqual(
        closesChannel(404, 'no previously declared queue', method),
      );
      await client.ask(1, 'channel.open');
      await declared(client);
      const queue = await declared(client);
      await client.ask(2, 'channel.open');
      await client.ask(2, declare, { exclusive: true });
      const answer = method === 'basic.get' ? 'basic.get-empty' : `${method}-ok`;
      expect((await client.call(1, method, fields)).name).toBe(answer);
      if (method === 'queue.delete') {
        expect(await client.refusal(1, 'queue.purge')).toEqual(closesChannel(404, missing(queue), 'queue.purge'));
      } else {
        await client.ask(1, 'channel.close');
        await client.ask(1, 'channel.open');
        expect(await client.refusal(1, 'queue.purge')).toMatchObject({ code: 404, method: 'queue.purge' });
      }
    },
  );

  it('without a name is bound by its name, if the key is empty too', async () => {
    using client = await WireClient.openChannel(broker());
    const queue = await declared(client);
    await client.ask(1, 'queue.bind', { exchange: 'amq.direct' });
    client.publish(1, { exchange: 'amq.direct', routingKey: queue }, 'x');
    expect(await client.ask(1, 'queue.purge')).toEqual({ messageCount: 1 });
    await client.ask(1, 'queue.bind', { queue, exchange: 'amq.topic' });
    client.publish(1, { exchange: 'amq.topic', routingKey: queue }, 'x');
    expect(await client.ask(1, 'queue.purge')).toEqual({ messageCount: 0 });
  });

  it('that was looked for is the last declared; the last cannot be looked for without its name', async () => {
    using client = await WireClient.openChannel(broker());
    const queue = await declared(client);
    await declared(client);
    await client.ask(1, declare, { queue, passive: true });
    await client.ask(1, 'queue.delete');
    expect(await client.refusal(1, 'queue.purge', { queue })).toMatchObject({ code: 404 });
    await client.ask(1, 'channel.open');
    await declared(client);
    expect(await client.refusal(1, declare, { queue: '', passive: true })).toEqual(
      closesChannel(404, missing(''), declare),
    );
  });

  it('that is missing can be deleted, but not purged', async () => {
    using client = await WireClient.openChannel(broker());
    expect(await client.ask(1, 'queue.delete', { queue: 'missing' })).toEqual({ messageCount: 0 });
    expect(await client.ask(1, 'queue.delete', { queue: 'missing', ifUnused: true, ifEmpty: true })).toEqual({
      messageCount: 0,
    });
    expect(await client.refusal(1, 'queue.purge', { queue: 'missing' })).toEqual(
      closesChannel(404, missing('missing'), 'queue.purge'),
    );
  });

  it('counts what it loses when purged or deleted, but not what somebody holds', async () => {
    using client = await WireClient.openChannel(broker());
    const queue = await declared(client);
    for (const lost of ['queue.purge', 'queue.delete']) {
      for (let sent = 0; sent < 3; sent++) client.publish(1, { routingKey: queue }, 'x');
      await client.call(1, 'basic.get', { queue });
      expect(await client.ask(1, lost, { queue })).toEqual({ messageCount: 2 });
    }
  });

  it('can be deleted only if empty, and only if unused', async () => {
    using client = await WireClient.openChannel(broker());
    const queue = await declared(client);
    const refusal = async (fields: Fields): Promise<unknown> => {
      await client.ask(2, 'channel.open');
      return await client.refusal(2, 'queue.delete', { queue, ...fields });
    };
    client.publish(1, { routingKey: queue }, 'x');
    expect(await refusal({ ifEmpty: true })).toEqual(closesChannel(406, `${named(queue)} not empty`, 'queue.delete'));
    await client.call(1, 'basic.get', { queue });
    await client.ask(1, 'basic.consume', { queue, consumerTag: 'tag' });
    const inUse = closesChannel(406, `${named(queue)} in use`, 'queue.delete');
    expect(await refusal({ ifUnused: true })).toEqual(inUse);
    expect(await refusal({ ifUnused: true, ifEmpty: true })).toEqual(inUse);
    await client.ask(1, 'basic.cancel', { consumerTag: 'tag' });
    expect(await client.ask(1, 'queue.delete', { queue, ifUnused: true, ifEmpty: true })).toEqual({ messageCount: 0 });
  });

  it('goes with its last consumer if it is to, but not before it had one', async () => {
    using client = await WireClient.openChannel(broker());
    const gone = async (queue: string): Promise<boolean> => {
      await client.ask(9, 'channel.open');
      const { name } = await client.call(9, declare, { queue, passive: true });
      client.send(9, name === 'channel.close' ? 'channel.close-ok' : 'channel.close');
      if (name !== 'channel.close') await client.expect(9, 'channel.close-ok');
      return name === 'channel.close';
    };
    const cancelled = await declared(client, { autoDelete: true });
    expect(await gone(cancelled)).toBe(false);
    await client.ask(1, 'basic.consume', { queue: cancelled, consumerTag: 'one' });
    await client.ask(1, 'basic.consume', { queue: cancelled, consumerTag: 'two' });
    await client.ask(1, 'basic.cancel', { consumerTag: 'one' });
    expect(await gone(cancelled)).toBe(false);
    await client.ask(1, 'basic.cancel', { consumerTag: 'two' });
    expect(await gone(cancelled)).toBe(true);
    const closed = await declared(client, { autoDelete: true });
    await client.ask(1, 'basic.consume', { queue: closed });
    await client.ask(1, 'channel.close');
    await expect.poll(() => gone(closed), { interval: 5, timeout: 5_000 }).toBe(true);
  });

  it('does all of this without an answer, if none is wanted', async () => {
    using client = await WireClient.openChannel(broker());
    const queue = broker().uniqueName('queue');
    const bind = { queue, exchange: 'amq.direct', routingKey: queue, nowait: true };
    client.send(1, declare, { queue, exclusive: true, nowait: true });
    client.send(1, 'queue.bind', bind);
    expect(await client.ask(1, declare, { queue, passive: true })).toMatchObject({ queue });
    await publish(client, 'amq.direct', queue, queue);
    expect(await client.ask(1, declare, { queue, passive: true })).toMatchObject({ messageCount: 2 });
    client.send(1, 'queue.purge', { queue, nowait: true });
    expect(await client.ask(1, declare, { queue, passive: true })).toMatchObject({ messageCount: 0 });
    client.send(1, 'queue.delete', { queue, nowait: true });
    client.send(1, declare, { queue, passive: true, nowait: true });
    expect(await client.refused()).toEqual(closesChannel(404, missing(queue), declare));
  });
});
