import { expect, it } from 'vitest';
import type { Fields } from '../amqplib-codec.js';
import { onEachBroker } from '../brokers.js';
import { type Refusal, WireClient } from '../wire-client.js';
import { closesChannel, closesConnection } from './refusals.js';

onEachBroker('an exchange', (broker) => {
  const named = (exchange: string): string => `exchange '${exchange}' in vhost '${broker().virtualHost}'`;
  const missing = (exchange: string): string => `no ${named(exchange)}`;
  const declare = 'exchange.declare';

  async function declared(client: WireClient, fields: Fields = {}): Promise<string> {
    const exchange = broker().uniqueName('exchange');
    await client.ask(1, declare, { exchange, type: 'direct', ...fields });
    return exchange;
  }

  it.each(['direct', 'fanout', 'topic', 'headers'])(
    'of the type %s can be declared, again, and deleted',
    async (type) => {
      using client = await WireClient.openChannel(broker());
      const exchange = await declared(client, { type, durable: true });
      expect(await client.ask(1, declare, { exchange, type, durable: true })).toEqual({});
      expect(await client.ask(1, 'exchange.delete', { exchange })).toEqual({});
      expect(await client.refusal(1, declare, { exchange, passive: true })).toEqual(
        closesChannel(404, missing(exchange), declare),
      );
    },
  );

  it.each([
    ['nosuch', "unknown exchange type 'nosuch'"],
    ['DIRECT', "unknown exchange type 'DIRECT'"],
    ['', "invalid exchange type ''"],
  ])('of the type “%s” closes the connection', async (type, words) => {
    using client = await WireClient.openChannel(broker());
    const exchange = await declared(client);
    expect(await client.refusal(1, declare, { exchange, type })).toEqual(closesConnection(503, words, declare));
  });

  it.each<[string, Fields, Fields, string]>([
    ['type', {}, { type: 'fanout' }, "received 'fanout' but current is 'direct'"],
    ['type', {}, { type: 'topic', durable: true, autoDelete: true }, "received 'topic' but current is 'direct'"],
    ['durable', {}, { durable: true, autoDelete: true }, "received 'true' but current is 'false'"],
    ['durable', { durable: true }, {}, "received 'false' but current is 'true'"],
    ['auto_delete', {}, { autoDelete: true, internal: true }, "received 'true' but current is 'false'"],
    ['internal', { internal: true }, {}, "received 'false' but current is 'true'"],
    [
      'alternate-exchange',
      {},
      { arguments: { 'alternate-exchange': 'a' } },
      "received the value 'a' of type 'longstr' but current is none",
    ],
    [
      'alternate-exchange',
      { arguments: { 'alternate-exchange': 'a' } },
      { arguments: { 'alternate-exchange': 'b' } },
      "received 'b' but current is 'a'",
    ],
    [
      'alternate-exchange',
      { arguments: { 'alternate-exchange': 'a' } },
      {},
      "received none but current is the value 'a' of type 'longstr'",
    ],
  ])('declared again with another %s is refused: %j, then %j', async (argument, first, second, words) => {
    using client = await WireClient.openChannel(broker());
    const exchange = await declared(client, first);
    expect(await client.refusal(1, declare, { exchange, type: 'direct', ...second })).toEqual(
      closesChannel(406, `inequivalent arg '${argument}' for ${named(exchange)}: ${words}`, declare),
    );
    await client.ask(1, 'channel.open');
    await client.ask(1, 'exchange.delete', { exchange });
  });

  it('is not compared by other arguments', async () => {
    using client = await WireClient.openChannel(broker());
    const exchange = await declared(client, { autoDelete: true, arguments: { colour: 'red' } });
    expect(await client.ask(1, declare, { exchange, type: 'direct', autoDelete: true })).toEqual({});
  });

  it('may name an alternate that does not exist, but only by a string', async () => {
    using client = await WireClient.openChannel(broker());
    const exchange = await declared(client, { arguments: { 'alternate-exchange': 'missing' } });
    await client.ask(1, 'exchange.delete', { exchange });
    expect(
      await client.refusal(1, declare, { exchange, type: 'direct', arguments: { 'alternate-exchange': 5 } }),
    ).toEqual(closesChannel(406, `invalid type 'byte' for arg 'alternate-exchange' in ${named(exchange)}`, declare));
  });

  it('that is only looked for needs no properties', async () => {
    using client = await WireClient.openChannel(broker());
    expect(await client.ask(1, declare, { exchange: 'amq.topic', passive: true, type: 'fanout' })).toEqual({});
    expect(await client.refusal(1, declare, { exchange: 'missing', passive: true })).toEqual(
      closesChannel(404, missing('missing'), declare),
    );
  });

  it.each<[string, Fields]>([
    ['exchange.declare', { exchange: '', type: 'direct' }],
    ['exchange.declare', { exchange: '', passive: true }],
    ['exchange.delete', { exchange: '' }],
    ['exchange.bind', { source: '', destination: 'amq.direct' }],
    ['exchange.bind', { source: 'amq.direct', destination: '' }],
    ['exchange.unbind', { source: '', destination: 'amq.direct' }],
    ['queue.bind', { exchange: '' }],
    ['queue.unbind', { exchange: '' }],
  ])('by default takes no %s of %j', async (method, fields) => {
    using client = await WireClient.openChannel(broker());
    await client.ask(1, 'queue.declare', { exclusive: true });
    expect(await client.refusal(1, method, fields)).toEqual(
      closesChannel(403, 'operation not permitted on the default exchange', method),
    );
  });

  it('whose name begins with amq. is the broker’s', async () => {
    using client = await WireClient.openChannel(broker());
    for (const [exchange, type, internal] of [
      ['amq.direct', 'direct', false],
      ['amq.fanout', 'fanout', false],
      ['amq.topic', 'topic', false],
      ['amq.headers', 'headers', false],
      ['amq.match', 'headers', false],
      ['amq.rabbitmq.trace', 'topic', true],
    ]) {
      expect(await client.ask(1, declare, { exchange, type, internal, durable: true })).toEqual({});
    }
    const refusals: Refusal[] = [];
    for (const [method, fields] of [
      [declare, { exchange: 'amq.direct', type: 'direct' }],
      [declare, { exchange: 'amq.mine', type: 'direct' }],
      ['exchange.delete', { exchange: 'amq.direct' }],
      ['exchange.delete', { exchange: 'amq.missing' }],
    ] as const) {
      refusals.push(await client.refusal(1, method, fields));
      await client.ask(1, 'channel.open');
    }
    expect(refusals).toEqual([
      closesChannel(
        406,
        `inequivalent arg 'durable' for ${named('amq.direct')}: received 'false' but current is 'true'`,
        declare,
      ),
      closesChannel(403, "exchange name 'amq.mine' contains reserved prefix 'amq.*'", declare),
      closesChannel(403, `deletion of system ${named('amq.direct')} not allowed`, 'exchange.delete'),
      closesChannel(403, `deletion of system ${named('amq.missing')} not allowed`, 'exchange.delete'),
    ]);
  });

  it('is named without line breaks', async () => {
    using client = await WireClient.openChannel(broker());
    const exchange = await declared(client, { autoDelete: true });
    expect(
      await client.ask(1, declare, { exchange: `${exchange.slice(0, 5)}\r\n${exchange.slice(5)}\n`, passive: true }),
    ).toEqual({});
  });

  it('that is internal takes no messages from clients; one that is missing neither', async () => {
    using client = await WireClient.openChannel(broker());
    const exchange = await declared(client, { internal: true });
    client.publish(1, { exchange }, 'x');
    expect(await client.refused()).toEqual(
      closesChannel(403, `cannot publish to internal ${named(exchange)}`, 'basic.publish'),
    );
    await client.ask(1, 'channel.open');
    await client.ask(1, 'exchange.delete', { exchange });
    client.publish(1, { exchange }, 'x');
    expect(await client.refused()).toEqual(closesChannel(404, missing(exchange), 'basic.publish'));
  });

  it('cannot deliver immediately', async () => {
    using client = await WireClient.openChannel(broker());
    client.publish(1, { exchange: 'amq.direct', immediate: true }, 'x');
    expect(await client.refused()).toEqual(closesConnection(540, 'immediate=true', 'basic.publish'));
  });

  it('that is missing can be deleted', async () => {
    using client = await WireClient.openChannel(broker());
    expect(await client.ask(1, 'exchange.delete', { exchange: 'missing' })).toEqual({});
    expect(await client.ask(1, 'exchange.delete', { exchange: 'missing', ifUnused: true })).toEqual({});
  });

  it('is in use while it is the source of a binding', async () => {
    using client = await WireClient.openChannel(broker());
    const exchange = await declared(client);
    const { queue } = await client.ask(1, 'queue.declare', { exclusive: true });
    await client.ask(1, 'exchange.bind', { source: 'amq.direct', destination: exchange, routingKey: exchange });
    const inUse = closesChannel(406, `${named(exchange)} in use`, 'exchange.delete');
    for (const [bind, unbind, fields] of [
      ['queue.bind', 'queue.unbind', { queue, exchange }],
      ['exchange.bind', 'exchange.unbind', { source: exchange, destination: 'amq.fanout' }],
    ] as const) {
      await client.ask(1, bind, fields);
      expect(await client.refusal(1, 'exchange.delete', { exchange, ifUnused: true })).toEqual(inUse);
      await client.ask(1, 'channel.open');
      await client.ask(1, unbind, fields);
    }
    expect(await client.ask(1, 'exchange.delete', { exchange, ifUnused: true })).toEqual({});
  });

  it('loses its bindings when it is deleted', async () => {
    using client = await WireClient.openChannel(broker());
    const exchange = await declared(client, { type: 'fanout' });
    const { queue } = await client.ask(1, 'queue.declare', { exclusive: true });
    await client.ask(1, 'queue.bind', { queue, exchange });
    await client.ask(1, 'exchange.delete', { exchange });
    await client.ask(1, declare, { exchange, type: 'fanout', autoDelete: true });
    client.publish(1, { exchange, mandatory: true }, 'x');
    expect(await client.next()).toMatchObject({ name: 'basic.return', fields: { replyCode: 312, exchange } });
    await client.ask(1, 'exchange.delete', { exchange });
  });

  it('goes with its last binding if it is to, even in a chain, but not with one that leads to it', async () => {
    using client = await WireClient.openChannel(broker());
    const [first, second, unbound] = [
      await declared(client, { autoDelete: true }),
      await declared(client, { autoDelete: true }),
      await declared(client, { autoDelete: true }),
    ];
    const { queue } = await client.ask(1, 'queue.declare', { exclusive: true });
    const { queue: another } = await client.ask(1, 'queue.declare', { exclusive: true });
    await client.ask(1, 'exchange.bind', { source: first, destination: second });
    await client.ask(1, 'queue.bind', { queue, exchange: second, routingKey: 'one' });
    await client.ask(1, 'queue.bind', { queue: another, exchange: second, routingKey: 'two' });
    await client.ask(1, 'queue.unbind', { queue: another, exchange: second, routingKey: 'two' });
    expect(await client.ask(1, declare, { exchange: second, passive: true })).toEqual({});
    await client.ask(1, 'queue.delete', { queue });
    for (const exchange of [first, second]) {
      expect(await client.refusal(1, declare, { exchange, passive: true })).toMatchObject({ code: 404 });
      await client.ask(1, 'channel.open');
    }
    await client.ask(1, 'exchange.bind', { source: 'amq.direct', destination: unbound });
    await client.ask(1, 'exchange.unbind', { source: 'amq.direct', destination: unbound });
    expect(await client.ask(1, declare, { exchange: unbound, passive: true })).toEqual({});
    await client.ask(1, 'queue.bind', { queue: another, exchange: unbound });
    await client.ask(1, 'queue.unbind', { queue: another, exchange: unbound });
    expect(await client.refusal(1, declare, { exchange: unbound, passive: true })).toMatchObject({ code: 404 });
  });

  it('does all of this without an answer, if none is wanted', async () => {
    using client = await WireClient.openChannel(broker());
    const exchange = broker().uniqueName('exchange');
    const bind = { source: exchange, destination: 'amq.fanout', nowait: true };
    client.send(1, declare, { exchange, type: 'fanout', nowait: true });
    client.send(1, 'exchange.bind', bind);
    client.send(1, 'exchange.unbind', bind);
    expect(await client.ask(1, declare, { exchange, passive: true })).toEqual({});
    client.send(1, 'exchange.delete', { exchange, nowait: true });
    client.send(1, declare, { exchange, passive: true, nowait: true });
    expect(await client.refused()).toEqual(closesChannel(404, missing(exchange), declare));
  });
});
