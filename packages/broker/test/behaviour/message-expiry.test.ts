import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { onEachBroker } from '../brokers.js';
import type { WireClient } from '../wire-client.js';
import { deadLetters } from './deaths.js';
import {
  bodies,
  cancelNotify,
  declareQueue,
  fill,
  get,
  heard,
  heardMeanwhile,
  openChannels,
  ready,
  send,
} from './messaging.js';

function sendExpiring(client: WireClient, queue: string, body: string, expiration: string): void {
  client.publish(1, { exchange: '', routingKey: queue }, body, { expiration });
}

/** The first death in the headers of the next message, and that it came after so many milliseconds or later. */
async function nextDeath(client: WireClient, since: number, leastMs: number): Promise<Record<string, unknown>> {
  const { content } = await client.next();
  // Both sides round to milliseconds, and not from the same instant.
  expect(performance.now() - since).toBeGreaterThan(leastMs - 3);
  const headers = content?.properties['headers'] as { 'x-death': [Record<string, unknown>] };
  return { body: content?.body.toString(), ...headers['x-death'][0] };
}

onEachBroker('Messages that expire', (broker) => {
  it('die after the time that their queue gives them', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client, { 'x-message-ttl': 60, ...(await deadLetters(broker(), client)).args });
    const since = performance.now();
    client.publish(1, { exchange: '', routingKey: queue }, 'x');
    expect(await nextDeath(client, since, 60)).toMatchObject({ body: 'x', reason: 'expired', queue, count: 1 });
    expect(await ready(client, queue)).toBe(0);
  });

  it('die after the time that they bring with them, which x-death keeps', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client, (await deadLetters(broker(), client)).args);
    const since = performance.now();
    sendExpiring(client, queue, 'x', '60');
    expect(await nextDeath(client, since, 60)).toMatchObject({ reason: 'expired', 'original-expiration': '60' });
  });

  it('die after the shorter of both', async () => {
    using client = await openChannels(broker());
    const { args } = await deadLetters(broker(), client);
    const short = await declareQueue(client, { 'x-message-ttl': 30, ...args });
    const long = await declareQueue(client, { 'x-message-ttl': 60_000, ...args });
    sendExpiring(client, short, 'in the short one', '60000');
    expect(await heard(client, 1)).toEqual(['deliver dead #1 in the short one']);
    sendExpiring(client, long, 'in the long one', '30');
    expect(await heard(client, 1)).toEqual(['deliver dead #2 in the long one']);
  });

  it('are gone without a trace when there is no dead letter exchange', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client, { 'x-message-ttl': 20 });
    await fill(client, queue, 'a', 'b');
    while ((await ready(client, queue)) > 0) await delay(5);
    expect(await get(client, queue)).toBe('empty');
  });

  it('wait behind one that lives longer', async () => {
    using client = await openChannels(broker());
    const { args } = await deadLetters(broker(), client);
    const [queue, clock] = [await declareQueue(client, args), await declareQueue(client, args)];
    await fill(client, queue, 'lives');
    sendExpiring(client, queue, 'expires', '20');
    sendExpiring(client, clock, 'clock', '60');
    expect(await heard(client, 1)).toEqual(['deliver dead #1 clock']);
    expect(await ready(client, queue)).toBe(2);
    client.send(1, 'basic.get', { queue, noAck: true });
    const words = (await heard(client, 2)).map((each) => each.replace(/#\d+/, '#'));
    // Two queues speak to one channel: either may be first.
    expect(words.sort()).toEqual(['deliver dead # expires', expect.stringMatching(/^got # lives, [01] left$/)]);
  });

  it('die in their order in the queue', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client, { 'x-message-ttl': 20, ...(await deadLetters(broker(), client)).args });
    send(client, queue, 'a', 'b', 'c');
    expect(await heard(client, 3)).toEqual(['deliver dead #1 a', 'deliver dead #2 b', 'deliver dead #3 c']);
  });

  it('do not die while they are outstanding, but at once when put back too late', async () => {
    using client = await openChannels(broker());
    const { args } = await deadLetters(broker(), client);
    const queue = await declareQueue(client, { 'x-message-ttl': 20, ...args });
    const clock = await declareQueue(client, args);
    client.publish(1, { exchange: '', routingKey: queue }, 'outstanding');
    expect(await get(client, queue, { noAck: false })).toBe('got #1 outstanding, 0 left');
    sendExpiring(client, clock, 'clock', '50');
    expect(await heard(client, 1)).toEqual(['deliver dead #2 clock']);
    client.send(1, 'basic.nack', { deliveryTag: 1, requeue: true });
    expect(await heard(client, 1)).toEqual(['deliver dead #3 outstanding']);
    expect(await get(client, queue)).toBe('empty');
  });

  it('die while the only consumer takes no more', async () => {
    using client = await openChannels(broker());
    const { args } = await deadLetters(broker(), client);
    const queue = await declareQueue(client, { 'x-message-ttl': 20, ...args });
    await client.ask(1, 'basic.qos', { prefetchCount: 1 });
    await client.ask(1, 'basic.consume', { queue, consumerTag: 'busy' });
    send(client, queue, 'a', 'b');
    expect(await heard(client, 2)).toEqual(['deliver busy #1 a', 'deliver dead #2 b']);
    client.send(1, 'basic.ack', { deliveryTag: 1 });
    expect(await heardMeanwhile(client, queue)).toEqual([]);
  });

  describe('at once', () => {
    it('are for a consumer that waits, and dead without one', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client, { 'x-message-ttl': 0, ...(await deadLetters(broker(), client)).args });
      client.publish(1, { exchange: '', routingKey: queue }, 'a');
      expect(await heard(client, 1)).toEqual(['deliver dead #1 a']);
      await client.ask(1, 'basic.qos', { prefetchCount: 1 });
      await client.ask(1, 'basic.consume', { queue, consumerTag: 'live' });
      client.publish(1, { exchange: '', routingKey: queue, mandatory: true }, 'b');
      expect(await heard(client, 1)).toEqual(['deliver live #2 b']);
      client.publish(1, { exchange: '', routingKey: queue }, 'c');
      expect(await heard(client, 1)).toEqual(['deliver dead #3 c']);
    });

    it('may be because of their own expiration, and are confirmed', async () => {
      using client = await openChannels(broker());
      const queue = await declareQueue(client);
      await client.ask(1, 'confirm.select');
      sendExpiring(client, queue, 'x', '0');
      expect(await heard(client, 1)).toEqual(['ack 1']);
      expect(await bodies(client, queue)).toEqual([]);
    });
  });
});

onEachBroker('A queue with x-expires', (broker) => {
  /** Declares a queue for all, which goes when unused for so long. */
  async function declareExpiring(client: WireClient, expiresMs: number): Promise<string> {
    const queue = broker().uniqueName('expires');
    await client.ask(1, 'queue.declare', { queue, arguments: { 'x-expires': expiresMs } });
    return queue;
  }

  /** Whether there is such a queue, asked without using it: a queue that is there cannot be deleted if it is not empty. */
  async function isThere(client: WireClient, queue: string): Promise<boolean> {
    const { name, fields } = await client.call(2, 'queue.delete', { queue, ifEmpty: true });
    if (name === 'channel.close') {
      expect(fields['replyCode']).toBe(406);
      client.send(2, 'channel.close-ok');
      await client.ask(2, 'channel.open');
    }
    return name === 'channel.close';
  }

  it('goes when nobody uses it, with all that is in it, which does not become dead letters', async () => {
    using client = await openChannels(broker(), 2);
    const { args } = await deadLetters(broker(), client);
    const queue = broker().uniqueName('expires');
    await client.ask(1, 'queue.declare', { queue, arguments: { 'x-expires': 60, ...args } });
    const since = performance.now();
    await fill(client, queue, 'x');
    while (await isThere(client, queue)) await delay(5);
    expect(performance.now() - since).toBeGreaterThan(60 - 3);
    const marker = await declareQueue(client, { ...args, 'x-message-ttl': 0 });
    client.publish(1, { exchange: '', routingKey: marker }, 'marker');
    expect(await heard(client, 1)).toEqual(['deliver dead #1 marker']);
  });

  it('stays while it has a consumer, and starts anew when that ends', async () => {
    using client = await openChannels(broker(), 2, cancelNotify);
    const queue = await declareExpiring(client, 50);
    await client.ask(1, 'basic.consume', { queue, consumerTag: 'c' });
    const clock = await declareQueue(client, { 'x-message-ttl': 90, ...(await deadLetters(broker(), client)).args });
    client.publish(1, { exchange: '', routingKey: clock }, 'clock');
    expect(await heard(client, 1)).toEqual(['deliver dead #1 clock']);
    client.publish(1, { exchange: '', routingKey: queue }, 'x');
    expect(await heard(client, 1)).toEqual(['deliver c #2 x']);
    client.send(1, 'basic.nack', { deliveryTag: 2, requeue: true });
    expect(await heard(client, 1)).toEqual(['deliver c #3 x again']);
    const since = performance.now();
    await client.ask(1, 'basic.cancel', { consumerTag: 'c' });
    client.send(1, 'basic.nack', { deliveryTag: 3, requeue: true });
    expect(await ready(client, queue)).toBe(1);
    while (await isThere(client, queue)) await delay(5);
    expect(performance.now() - since).toBeGreaterThan(50 - 3);
  });

  it('starts anew when it is declared again, and when it is asked for a message', async () => {
    using client = await openChannels(broker(), 2);
    for (const use of [
      (queue: string) => client.ask(1, 'queue.declare', { queue, arguments: { 'x-expires': 100 } }),
      (queue: string) => client.ask(1, 'queue.declare', { queue, passive: true }),
      (queue: string) => client.call(1, 'basic.get', { queue }),
    ]) {
      const queue = await declareExpiring(client, 100);
      client.publish(1, { exchange: '', routingKey: queue }, 'a');
      client.publish(1, { exchange: '', routingKey: queue }, 'b');
      await delay(40);
      const since = performance.now();
      await use(queue);
      while (await isThere(client, queue)) await delay(5);
      expect(performance.now() - since).toBeGreaterThan(100 - 3);
    }
  });

  it('does not start anew when a message is published to it', async () => {
    using client = await openChannels(broker(), 2);
    const since = performance.now();
    const queue = await declareExpiring(client, 60);
    await fill(client, queue, 'x');
    do {
      client.publish(1, { exchange: '', routingKey: queue }, 'x');
      await delay(5);
    } while (await isThere(client, queue));
    expect(performance.now() - since).toBeGreaterThan(60 - 3);
    expect(await heardMeanwhile(client, await declareQueue(client))).toEqual([]);
  });
});
