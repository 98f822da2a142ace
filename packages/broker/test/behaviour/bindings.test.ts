import { expect, it } from 'vitest';
import type { Fields } from '../amqplib-codec.js';
import { onEachBroker } from '../brokers.js';
import { WireClient } from '../wire-client.js';
import { closesChannel } from './refusals.js';

onEachBroker('a binding', (broker) => {
  const inHost = (words: string): string => `${words} in vhost '${broker().virtualHost}'`;

  async function openWithQueue(): Promise<{ client: WireClient; queue: string }> {
    const client = await WireClient.openChannel(broker());
    const queue = broker().uniqueName('queue');
    await client.ask(1, 'queue.declare', { queue, exclusive: true });
    return { client, queue };
  }

  it.each<[string, Fields, string]>([
    ['exchange.bind', { source: 'missing', destination: 'amq.direct' }, "no exchange 'missing'"],
    ['exchange.bind', { source: 'amq.direct', destination: 'missing' }, "no exchange 'missing'"],
    ['exchange.bind', { source: 'missing-source', destination: 'missing' }, "no exchange 'missing-source'"],
    ['queue.bind', { exchange: 'missing' }, "no exchange 'missing'"],
    ['queue.bind', { queue: 'missing', exchange: 'amq.direct' }, "no queue 'missing'"],
    ['queue.bind', { queue: 'missing-queue', exchange: 'missing' }, "no exchange 'missing'"],
  ])('needs both its ends: %s of %j', async (method, fields, words) => {
    const { client } = await openWithQueue();
    using _ = client;
    expect(await client.refusal(1, method, fields)).toEqual(closesChannel(404, inHost(words), method));
  });

  it.each<[string, Fields]>([
    ['exchange.unbind', { source: 'missing', destination: 'amq.direct' }],
    ['exchange.unbind', { source: 'amq.direct', destination: 'missing' }],
    ['exchange.unbind', { source: 'amq.direct', destination: 'amq.fanout', routingKey: 'never bound' }],
    ['queue.unbind', { exchange: 'missing' }],
    ['queue.unbind', { queue: 'missing', exchange: 'amq.direct' }],
    ['queue.unbind', { exchange: 'amq.direct', routingKey: 'never bound' }],
  ])('that is not there can be taken away: %s of %j', async (method, fields) => {
    const { client } = await openWithQueue();
    using _ = client;
    expect(await client.ask(1, method, fields)).toEqual({});
  });

  it('made twice is one, and gone at once', async () => {
    const { client, queue } = await openWithQueue();
    using _ = client;
    const fields = { queue, exchange: 'amq.direct', routingKey: queue };
    await client.ask(1, 'queue.bind', fields);
    await client.ask(1, 'queue.bind', fields);
    client.publish(1, { exchange: 'amq.direct', routingKey: queue }, 'x');
    expect(await client.ask(1, 'queue.purge', { queue })).toEqual({ messageCount: 1 });
    await client.ask(1, 'queue.unbind', fields);
    client.publish(1, { exchange: 'amq.direct', routingKey: queue, mandatory: true }, 'x');
    expect(await client.next()).toMatchObject({ name: 'basic.return', fields: { replyCode: 312 } });
  });

  it('is told from others by its arguments, too', async () => {
    const { client, queue } = await openWithQueue();
    using _ = client;
    const exchange = broker().uniqueName('exchange');
    await client.ask(1, 'exchange.declare', { exchange, type: 'fanout', autoDelete: true });
    await client.ask(1, 'queue.bind', { queue, exchange, arguments: { colour: 'red' } });
    await client.ask(1, 'queue.bind', { queue, exchange });
    await client.ask(1, 'queue.unbind', { queue, exchange });
    await client.ask(1, 'queue.unbind', { queue, exchange, arguments: { colour: 'blue' } });
    client.publish(1, { exchange }, 'x');
    expect(await client.ask(1, 'queue.purge', { queue })).toEqual({ messageCount: 1 });
  });

  it('may lead an exchange to itself, and to or from an internal one', async () => {
    const { client, queue } = await openWithQueue();
    using _ = client;
    const internal = broker().uniqueName('internal');
    await client.ask(1, 'exchange.declare', { exchange: internal, type: 'fanout', internal: true, autoDelete: true });
    const self = { source: 'amq.direct', destination: 'amq.direct', routingKey: queue };
    const into = { source: 'amq.direct', destination: internal, routingKey: queue };
    await client.ask(1, 'exchange.bind', self);
    await client.ask(1, 'exchange.bind', into);
    await client.ask(1, 'queue.bind', { queue, exchange: internal });
    client.publish(1, { exchange: 'amq.direct', routingKey: queue }, 'x');
    expect(await client.ask(1, 'queue.purge', { queue })).toEqual({ messageCount: 1 });
    await client.ask(1, 'exchange.unbind', self);
    await client.ask(1, 'exchange.unbind', into);
  });

  it.each<[unknown, string]>([
    ['some', 'Invalid x-match field value <<"some">>; expected all, any, all-with-x, or any-with-x'],
    [3, 'Invalid x-match field type byte (value 3); expected longstr'],
  ])('of headers says how they are to match: not by %j', async (match, words) => {
    const { client, queue } = await openWithQueue();
    using _ = client;
    const bind = { queue, exchange: 'amq.headers', arguments: { 'x-match': match } };
    expect(await client.refusal(1, 'queue.bind', bind)).toEqual(closesChannel(406, words, 'queue.bind'));
    await client.ask(1, 'channel.open');
    expect(
      await client.refusal(1, 'exchange.bind', { ...bind, source: 'amq.headers', destination: 'amq.fanout' }),
    ).toEqual(closesChannel(406, words, 'exchange.bind'));
  });

  it.each(['all', 'any', 'all-with-x', 'any-with-x', undefined])('of headers may match by %s', async (match) => {
    const { client, queue } = await openWithQueue();
    using _ = client;
    const matching = match === undefined ? {} : { 'x-match': match };
    expect(
      await client.ask(1, 'queue.bind', { queue, exchange: 'amq.headers', arguments: { ...matching, a: 'b' } }),
    ).toEqual({});
  });
});
