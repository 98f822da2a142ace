import { expect, it } from 'vitest';
import type { Fields } from '../amqplib-codec.js';
import { onEachBroker } from '../brokers.js';
import type { WireClient } from '../wire-client.js';
import { bodies, boundQueue, channelClosed, declareExchange, declareQueue, openChannels } from './messaging.js';

/** Binds a queue with each of the arguments, and returns how to ask which of them let headers through. */
async function matcher(client: WireClient, bindings: Readonly<Record<string, Fields>>) {
  const exchange = await declareExchange(client, 'headers');
  const queues = new Map<string, string>();
  for (const [title, args] of Object.entries(bindings)) {
    queues.set(title, await boundQueue(client, exchange, 'not looked at', args));
  }
  return async (headers: Fields | undefined): Promise<string> => {
    client.publish(1, { exchange, routingKey: 'any' }, 'x', { headers });
    const titles: string[] = [];
    for (const [title, queue] of queues) {
      if ((await bodies(client, queue)).length > 0) titles.push(title);
    }
    return titles.join(', ');
  };
}

onEachBroker('A headers exchange', (broker) => {
  it('lets a message through when all arguments match, or any of them', async () => {
    using client = await openChannels(broker());
    const matching = await matcher(client, {
      all: { 'x-match': 'all', a: 1, b: 'two' },
      any: { 'x-match': 'any', a: 1, b: 'two' },
      'all by default': { a: 1 },
      'all of nothing': {},
      'any of nothing': { 'x-match': 'any' },
    });
    expect(await matching({ a: 1, b: 'two', c: 3 })).toBe('all, any, all by default, all of nothing');
    expect(await matching({ a: 1, b: 'three' })).toBe('any, all by default, all of nothing');
    expect(await matching({ b: 'two' })).toBe('any, all of nothing');
    expect(await matching({ a: 2, A: 1 })).toBe('all of nothing');
    expect(await matching({})).toBe('all of nothing');
    expect(await matching(undefined)).toBe('all of nothing');
  });

  it('looks at arguments that begin with x- only when the match says so', async () => {
    using client = await openChannels(broker());
    const matching = await matcher(client, {
      all: { 'x-match': 'all', 'x-a': 1 },
      any: { 'x-match': 'any', 'x-a': 1 },
      'all with x': { 'x-match': 'all-with-x', 'x-a': 1 },
      'any with x': { 'x-match': 'any-with-x', 'x-a': 1 },
    });
    expect(await matching({ 'x-a': 1 })).toBe('all, all with x, any with x');
    expect(await matching({ 'x-a': 2 })).toBe('all');
  });

  it('takes an argument without value for any value', async () => {
    using client = await openChannels(broker());
    const matching = await matcher(client, {
      all: { 'x-match': 'all', a: null },
      any: { 'x-match': 'any', a: null, b: 1 },
    });
    expect(await matching({ a: 'whatever' })).toBe('all, any');
    expect(await matching({ a: null })).toBe('all, any');
    expect(await matching({ b: 1 })).toBe('any');
    expect(await matching({ c: 1 })).toBe('');
  });

  it('compares numbers by value whatever their type, and nothing else across types', async () => {
    using client = await openChannels(broker());
    const matching = await matcher(client, {
      octet: { a: { '!': 'byte', value: 1 } },
      double: { a: { '!': 'double', value: 1 } },
      string: { a: '1' },
      boolean: { a: true },
      table: { a: { x: 1 } },
      array: { a: [1] },
    });
    for (const type of ['byte', 'short', 'int', 'long', 'double', 'float', 'timestamp']) {
      expect(await matching({ a: { '!': type, value: 1 } })).toBe('octet, double');
    }
    expect(await matching({ a: '1' })).toBe('string');
    expect(await matching({ a: true })).toBe('boolean');
    expect(await matching({ a: { x: 1 } })).toBe('table');
    expect(await matching({ a: [1] })).toBe('array');
    expect(await matching({ a: [1, 1] })).toBe('');
  });

  it('refuses an x-match that it does not know: 406', async () => {
    using client = await openChannels(broker());
    for (const [value, words] of [
      ['some', 'value <<"some">>; expected all, any, all-with-x, or any-with-x'],
      [1, 'type byte (value 1); expected longstr'],
      [true, 'type bool (value true); expected longstr'],
      [null, 'type void (value undefined); expected longstr'],
    ]) {
      const queue = await declareQueue(client);
      const refusal = await client.refusal(1, 'queue.bind', {
        queue,
        exchange: 'amq.headers',
        arguments: { 'x-match': value },
      });
      const text = `PRECONDITION_FAILED - Invalid x-match field ${words}`;
      expect(refusal).toEqual(channelClosed('queue.bind', 406, text));
      await client.ask(1, 'channel.open');
    }
  });
});
