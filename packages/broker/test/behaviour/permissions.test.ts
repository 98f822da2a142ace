import { beforeAll, expect, it } from 'vitest';
import type { Fields } from '../amqplib-codec.js';
import { onEachOperatedBroker } from '../brokers.js';
import { type Refusal, WireClient } from '../wire-client.js';
import { closesChannel } from './refusals.js';

onEachOperatedBroker('a user with few permissions', (broker) => {
  const user = { username: 'few', password: 'secret' };

  const refused = (kind: 'queue' | 'exchange', name: string, method: string): Refusal =>
    closesChannel(
      403,
      `access to ${kind} '${name}' in vhost '${broker().virtualHost}' refused for user '${user.username}'`,
      method,
    );

  beforeAll(async () => {
    user.username = broker().uniqueName('few');
    const { virtualHost } = broker();
    await broker().addUser(user.username, user.password, {
      virtualHost,
      configure: '^c',
      write: '^w',
      read: '^(r|cr)',
    });
    using client = await WireClient.openChannel(broker());
    for (const name of ['w', 'r', 'other']) {
      await client.ask(1, 'queue.declare', { queue: `${name}q` });
      await client.ask(1, 'exchange.declare', { exchange: `${name}x`, type: 'fanout' });
    }
  });

  it.each<[string, Fields]>([
    ['queue.declare', { queue: 'cq' }],
    ['queue.declare', { queue: 'otherq', passive: true }],
    ['exchange.declare', { exchange: 'otherx', passive: true }],
    ['exchange.declare', { exchange: 'cx', type: 'topic' }],
    ['queue.bind', { queue: 'wq', exchange: 'rx' }],
    ['queue.unbind', { queue: 'wq', exchange: 'rx' }],
    ['exchange.bind', { source: 'rx', destination: 'wx' }],
    ['exchange.unbind', { source: 'rx', destination: 'wx' }],
    ['basic.consume', { queue: 'rq' }],
    ['queue.purge', { queue: 'rq' }],
    ['queue.declare', { queue: 'crq', arguments: { 'x-dead-letter-exchange': 'wx' } }],
    ['exchange.declare', { exchange: 'crx', type: 'fanout', arguments: { 'alternate-exchange': 'wx' } }],
    ['queue.delete', { queue: 'cq' }],
    ['exchange.delete', { exchange: 'cx' }],
  ])('may %s %j', async (method, fields) => {
    using client = await WireClient.openChannel(broker(), user);
    expect(await client.ask(1, method, fields)).toBeDefined();
  });

  it.each<[string, Fields, 'queue' | 'exchange', string]>([
    ['queue.declare', { queue: 'new' }, 'queue', 'new'],
    ['queue.declare', { queue: 'otherq' }, 'queue', 'otherq'],
    ['queue.delete', { queue: 'otherq' }, 'queue', 'otherq'],
    ['queue.delete', { queue: 'missing' }, 'queue', 'missing'],
    ['exchange.declare', { exchange: 'new', type: 'fanout' }, 'exchange', 'new'],
    ['exchange.delete', { exchange: 'otherx' }, 'exchange', 'otherx'],
    ['queue.bind', { queue: 'otherq', exchange: 'otherx' }, 'queue', 'otherq'],
    ['queue.bind', { queue: 'wq', exchange: 'otherx' }, 'exchange', 'otherx'],
    ['queue.unbind', { queue: 'otherq', exchange: 'rx' }, 'queue', 'otherq'],
    ['queue.unbind', { queue: 'wq', exchange: 'otherx' }, 'exchange', 'otherx'],
    ['exchange.bind', { source: 'otherx', destination: 'otherx' }, 'exchange', 'otherx'],
    ['exchange.bind', { source: 'otherx', destination: 'wx' }, 'exchange', 'otherx'],
    ['exchange.bind', { source: 'rx', destination: 'otherx' }, 'exchange', 'otherx'],
    ['basic.consume', { queue: 'otherq' }, 'queue', 'otherq'],
    ['basic.get', { queue: 'otherq' }, 'queue', 'otherq'],
    ['queue.purge', { queue: 'otherq' }, 'queue', 'otherq'],
    ['queue.declare', { queue: 'cdead', arguments: { 'x-dead-letter-exchange': 'wx' } }, 'queue', 'cdead'],
    ['queue.declare', { queue: 'crdead', arguments: { 'x-dead-letter-exchange': 'otherx' } }, 'exchange', 'otherx'],
    [
      'exchange.declare',
      { exchange: 'calternate', type: 'fanout', arguments: { 'alternate-exchange': 'wx' } },
      'exchange',
      'calternate',
    ],
    [
      'exchange.declare',
      { exchange: 'cralternate', type: 'fanout', arguments: { 'alternate-exchange': 'otherx' } },
      'exchange',
      'otherx',
    ],
  ])('may not %s %j', async (method, fields, kind, name) => {
    using client = await WireClient.openChannel(broker(), user);
    expect(await client.refusal(1, method, fields)).toEqual(refused(kind, name, method));
  });

  it.each([
    ['otherx', 'otherx'],
    ['missing', 'missing'],
    ['', 'amq.default'],
  ])('may not publish to “%s”', async (exchange, name) => {
    using client = await WireClient.openChannel(broker(), user);
    client.publish(1, { exchange, routingKey: 'wq' }, 'x');
    expect(await client.refused()).toEqual(refused('exchange', name, 'basic.publish'));
  });

  it('may publish where it may write, and only in its own name', async () => {
    using client = await WireClient.openChannel(broker(), user);
    client.publish(1, { exchange: 'wx', mandatory: true }, 'x', { userId: user.username });
    expect((await client.next()).name).toBe('basic.return');
    client.publish(1, { exchange: 'wx' }, 'x', { userId: 'somebody' });
    expect(await client.refused()).toEqual(
      closesChannel(
        406,
        `user_id property set to 'somebody' but authenticated user was '${user.username}'`,
        'basic.publish',
      ),
    );
  });

  it('may not have the broker choose a name that does not match', async () => {
    using client = await WireClient.openChannel(broker(), user);
    const { text, ...rest } = await client.refusal(1, 'queue.declare', { queue: '' });
    expect(rest).toEqual({ scope: 'channel', code: 403, method: 'queue.declare' });
    expect(text).toMatch(/^ACCESS_REFUSED - access to queue 'amq\.gen-[\w-]{22}' in vhost /);
  });

  it('is held to expressions that need not match the whole name; empty ones match nothing', async () => {
    const other = { username: broker().uniqueName('other'), password: 'secret' };
    await broker().addUser(other.username, other.password, {
      virtualHost: broker().virtualHost,
      configure: '',
      write: 'direct|fau',
      read: 'x$',
    });
    using client = await WireClient.openChannel(broker(), other);
    client.publish(1, { exchange: 'amq.direct', routingKey: 'nowhere', mandatory: true }, 'x');
    expect((await client.next()).name).toBe('basic.return');
    client.publish(1, { exchange: '', routingKey: 'nowhere', mandatory: true }, 'x');
    expect((await client.next()).name).toBe('basic.return');
    for (const queue of ['any', '']) {
      expect(await client.refusal(1, 'queue.declare', { queue })).toMatchObject({ code: 403 });
      await client.ask(1, 'channel.open');
    }
  });
});
