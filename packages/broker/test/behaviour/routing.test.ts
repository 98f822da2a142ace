import { describe, expect, it } from 'vitest';
import type { Fields } from '../amqplib-codec.js';
import { onEachBroker } from '../brokers.js';
import type { WireClient } from '../wire-client.js';
import {
  bodies,
  boundQueue,
  channelClosed,
  declareExchange,
  declareQueue,
  get,
  heard,
  openChannels,
} from './messaging.js';

/** Publishes, and returns the titles of the queues that got it, once for each copy. */
async function reached(
  client: WireClient,
  queues: ReadonlyMap<string, string>,
  fields: Fields,
  properties: Fields = {},
): Promise<string[]> {
  client.publish(1, fields, 'x', properties);
  const titles: string[] = [];
  for (const [title, queue] of queues) {
    for (const _ of await bodies(client, queue)) titles.push(title);
  }
  return titles;
}

onEachBroker('Routing', (broker) => {
  it('takes a message to the queue whose name is the routing key, by the default exchange', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client);
    client.publish(1, { exchange: '', routingKey: queue }, 'by name');
    const { fields } = await client.call(1, 'basic.get', { queue, noAck: true });
    expect(fields).toMatchObject({ exchange: '', routingKey: queue, deliveryTag: 1, redelivered: false });
  });

  it('takes an empty routing key, by the default exchange, to no queue, not even the one declared last', async () => {
    using client = await openChannels(broker());
    await declareQueue(client);
    client.publish(1, { exchange: '', routingKey: '', mandatory: true }, 'lost');
    expect(await heard(client, 1)).toEqual(['return 312 NO_ROUTE lost']);
  });

  it('compares whole routing keys in a direct exchange, and none in a fanout exchange', async () => {
    using client = await openChannels(broker());
    for (const [type, expected] of [
      ['direct', ['green', 'two colours']],
      ['fanout', ['red', 'green', 'two colours']],
    ] as const) {
      const exchange = await declareExchange(client, type);
      const queues = new Map([
        ['red', await boundQueue(client, exchange, 'red')],
        ['green', await boundQueue(client, exchange, 'green')],
        ['two colours', await boundQueue(client, exchange, 'green')],
      ]);
      await client.ask(1, 'queue.bind', { queue: queues.get('two colours'), exchange, routingKey: 'red' });
      expect(await reached(client, queues, { exchange, routingKey: 'green' })).toEqual(expected);
    }
  });

  describe('by patterns', () => {
    const patterns = [
      'a.b', '*', '#', 'a.*', '*.b', 'a.#', '#.b', '#.#', '*.*', 'a.#.b', '#.*', '', '*.#', 'a..b', '.', '#.a.#', 'a.*.#.b',
    ]; // biome-ignore format: a table

    async function patternQueues(client: WireClient, exchange: string): Promise<ReadonlyMap<string, string>> {
      const queues = new Map<string, string>();
      for (const pattern of patterns) queues.set(pattern, await boundQueue(client, exchange, pattern));
      return queues;
    }

    it('matches words, one word and any number of words in a topic exchange', async () => {
      using client = await openChannels(broker());
      const exchange = await declareExchange(client, 'topic');
      const queues = await patternQueues(client, exchange);
      const matching = async (routingKey: string) =>
        (await reached(client, queues, { exchange, routingKey })).join(' ');
      expect(await matching('a.b')).toBe('a.b # a.* *.b a.# #.b #.# *.* a.#.b #.* *.# #.a.#');
      expect(await matching('a')).toBe('* # a.# #.# #.* *.# #.a.#');
      expect(await matching('b')).toBe('* # #.b #.# #.* *.#');
      expect(await matching('a.b.c')).toBe('# a.# #.# #.* *.# #.a.#');
      expect(await matching('a.x.b')).toBe('# a.# #.b #.# a.#.b #.* *.# #.a.# a.*.#.b');
      expect(await matching('a.b.a')).toBe('# a.# #.# #.* *.# #.a.#');
      expect(await matching('a.x.y.b')).toBe('# a.# #.b #.# a.#.b #.* *.# #.a.# a.*.#.b');
      expect(await matching('A.B')).toBe('# #.# *.* #.* *.#');
    });

    it('counts empty words, but an empty routing key has none', async () => {
      using client = await openChannels(broker());
      const exchange = await declareExchange(client, 'topic');
      const queues = await patternQueues(client, exchange);
      const matching = async (routingKey: string) => await reached(client, queues, { exchange, routingKey });
      expect(await matching('')).toEqual(['#', '#.#', '']);
      expect(await matching('.')).toEqual(['#', '#.#', '*.*', '#.*', '*.#', '.']);
      expect(await matching('..')).toEqual(['#', '#.#', '#.*', '*.#']);
      expect(await matching('a.')).toEqual(['#', 'a.*', 'a.#', '#.#', '*.*', '#.*', '*.#', '#.a.#']);
      expect(await matching('.b')).toEqual(['#', '*.b', '#.b', '#.#', '*.*', '#.*', '*.#']);
      expect((await matching('a..b')).join(' ')).toBe('# a.# #.b #.# a.#.b #.* *.# a..b #.a.# a.*.#.b');
    });

    it('takes * and # in a routing key for plain words', async () => {
      using client = await openChannels(broker());
      const exchange = await declareExchange(client, 'topic');
      const queues = await patternQueues(client, exchange);
      for (const routingKey of ['*', '#']) {
        const titles = await reached(client, queues, { exchange, routingKey });
        expect(titles).toEqual(['*', '#', '#.#', '#.*', '*.#']);
      }
    });

    it('forgets a pattern that is unbound, and keeps its neighbours', async () => {
      using client = await openChannels(broker());
      const exchange = await declareExchange(client, 'topic');
      const queues = await patternQueues(client, exchange);
      for (const routingKey of ['a.#.b', '#', 'a.b']) {
        await client.ask(1, 'queue.unbind', { queue: queues.get(routingKey), exchange, routingKey });
      }
      expect((await reached(client, queues, { exchange, routingKey: 'a.x.b' })).join(' ')).toBe(
        'a.# #.b #.# #.* *.# #.a.# a.*.#.b',
      );
    });
  });

  describe('from exchange to exchange', () => {
    it('gives a queue one copy, however many bindings and ways lead to it, in a circle of exchanges too', async () => {
      using client = await openChannels(broker());
      const [x, y, z] = [
        await declareExchange(client, 'fanout'),
        await declareExchange(client, 'direct'),
        await declareExchange(client, 'topic'),
      ];
      await client.ask(1, 'exchange.bind', { source: x, destination: y, routingKey: '' });
      await client.ask(1, 'exchange.bind', { source: y, destination: z, routingKey: 'key' });
      await client.ask(1, 'exchange.bind', { source: z, destination: x, routingKey: '#' });
      const queue = await boundQueue(client, x, 'a');
      await client.ask(1, 'queue.bind', { queue, exchange: x, routingKey: 'b' });
      await client.ask(1, 'queue.bind', { queue, exchange: z, routingKey: 'key' });
      await client.ask(1, 'queue.bind', { queue, exchange: z, routingKey: '#' });
      for (const exchange of [x, y, z]) {
        client.publish(1, { exchange, routingKey: 'key' }, 'once');
        const { fields } = await client.call(1, 'basic.get', { queue, noAck: true });
        expect(fields).toMatchObject({ exchange, routingKey: 'key', messageCount: 0 });
      }
    });

    it('goes through an internal exchange, until it is unbound', async () => {
      using client = await openChannels(broker());
      const source = await declareExchange(client, 'direct');
      const destination = broker().uniqueName('internal');
      await client.ask(1, 'exchange.declare', {
        exchange: destination,
        type: 'fanout',
        internal: true,
        autoDelete: true,
      });
      const queue = await boundQueue(client, destination);
      await boundQueue(client, source, 'keeps it');
      await client.ask(1, 'exchange.bind', { source, destination, routingKey: 'key' });
      const fields = { exchange: source, routingKey: 'key', mandatory: true };
      client.publish(1, fields, 'through');
      expect(await get(client, queue)).toBe('got #1 through, 0 left');
      await client.ask(1, 'exchange.unbind', { source, destination, routingKey: 'key' });
      client.publish(1, fields, 'lost');
      expect(await heard(client, 1)).toEqual(['return 312 NO_ROUTE lost']);
    });
  });

  describe('with an alternate exchange', () => {
    it('takes there what matches no binding, and nothing else', async () => {
      using client = await openChannels(broker());
      const alternate = await declareExchange(client, 'fanout');
      const exchange = await declareExchange(client, 'direct', { 'alternate-exchange': alternate });
      const queues = new Map([
        ['bound', await boundQueue(client, exchange, 'key')],
        ['alternate', await boundQueue(client, alternate)],
      ]);
      expect(await reached(client, queues, { exchange, routingKey: 'key' })).toEqual(['bound']);
      client.publish(1, { exchange, routingKey: 'another', mandatory: true }, 'x');
      const { fields } = await client.call(1, 'basic.get', { queue: queues.get('alternate'), noAck: true });
      expect(fields).toMatchObject({ exchange, routingKey: 'another' });
    });

    it('returns what the alternate exchange cannot route either, or when there is none', async () => {
      using client = await openChannels(broker());
      const alternate = await declareExchange(client, 'fanout');
      for (const name of [alternate, 'missing']) {
        const exchange = await declareExchange(client, 'direct', { 'alternate-exchange': name });
        client.publish(1, { exchange, routingKey: 'key', mandatory: true }, name);
        expect(await heard(client, 1)).toEqual([`return 312 NO_ROUTE ${name}`]);
      }
    });
  });

  describe('with CC and BCC', () => {
    it('routes to those keys too, once each, and removes BCC', async () => {
      using client = await openChannels(broker());
      const [to, cc, bcc] = [await declareQueue(client), await declareQueue(client), await declareQueue(client)];
      const headers = { CC: [cc, cc], BCC: [bcc], own: 'kept' };
      client.publish(1, { exchange: '', routingKey: to }, 'x', { headers });
      for (const queue of [to, cc, bcc]) {
        const { fields, content } = await client.call(1, 'basic.get', { queue, noAck: true });
        expect(fields).toMatchObject({ routingKey: to, messageCount: 0 });
        expect(content?.properties['headers']).toEqual({ CC: [cc, cc], own: 'kept' });
      }
    });

    it('removes BCC from what it returns, too, and leaves empty headers', async () => {
      using client = await openChannels(broker());
      const fields = { exchange: '', routingKey: 'nobody', mandatory: true };
      client.publish(1, fields, 'x', { headers: { BCC: ['nobody either'] } });
      expect((await client.next()).content?.properties['headers']).toEqual({});
    });

    it('refuses what is not an array: 406', async () => {
      using client = await openChannels(broker());
      for (const [header, value, type] of [
        ['CC', 'key', 'longstr'],
        ['BCC', true, 'bool'],
      ]) {
        client.publish(1, { exchange: '', routingKey: 'x' }, 'x', { headers: { [header as string]: value } });
        const words = `PRECONDITION_FAILED - invalid message: {unacceptable_type_in_header,"${header}",${type}}`;
        expect(await client.refused()).toEqual(channelClosed('basic.publish', 406, words));
        await client.ask(1, 'channel.open');
      }
    });
  });
});
