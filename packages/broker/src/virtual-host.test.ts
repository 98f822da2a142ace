import { describe, expect, it } from 'vitest';
import { EMPTY_TABLE } from './codec/field-table.js';
import { tableOf } from './codec/plain-table.js';
import { encodeProperties } from './codec/properties.js';
import { checkPublishable } from './exchange.js';
import { Message } from './message.js';
import { withoutBcc } from './routing/routing-keys.js';
import { VirtualHost } from './virtual-host.js';

const owner = {};
const other = {};

type QueueOptions = Partial<Parameters<VirtualHost['declareQueue']>[1]>;
type ExchangeOptions = Partial<Parameters<VirtualHost['declareExchange']>[1]>;

function hostUnderTest() {
  const host = new VirtualHost('/', { account: () => {} });
  const none = { durable: true, autoDelete: false, passive: false, arguments: EMPTY_TABLE };
  return {
    host,
    queue: (name: string, options: QueueOptions = {}) =>
      host.declareQueue(name, { ...none, exclusive: false, ...options }, owner),
    exchange: (name: string, type = 'direct', options: ExchangeOptions = {}) =>
      host.declareExchange(name, { ...none, internal: false, type, ...options }),
    bind: (queue: string, exchange: string, key = 'k', given: Record<string, unknown> = {}) =>
      host.bindQueue(queue, exchange, key, tableOf(given), owner),
    routed: (exchange: string, key: string, headers?: Record<string, unknown>) =>
      host
        .route(message(exchange, key, headers))
        .map(({ name }) => name)
        .sort(),
  };
}

function message(exchange: string, key: string, headers?: Record<string, unknown>): Message {
  const octets = encodeProperties(headers === undefined ? {} : { headers: tableOf(headers) });
  return new Message(exchange, key, octets, Buffer.from('body'));
}

describe('a virtual host routes', () => {
  it('by the name of a queue from the default exchange', () => {
    const { queue, routed } = hostUnderTest();
    queue('a');
    expect(routed('', 'a')).toEqual(['a']);
    expect(routed('', 'b')).toEqual([]);
    expect(routed('missing', 'a')).toEqual([]);
  });

  it('to a queue once, however many bindings match', () => {
    const { queue, bind, routed } = hostUnderTest();
    queue('a');
    bind('a', 'amq.topic', '#');
    bind('a', 'amq.topic', 'x.*');
    bind('a', 'amq.topic', 'x.*', { different: true });
    expect(routed('amq.topic', 'x.y')).toEqual(['a']);
  });

  it('afresh after a binding has come or gone', () => {
    const { host, queue, bind, routed } = hostUnderTest();
    queue('a');
    queue('b');
    for (const name of ['amq.topic', 'amq.direct', 'amq.fanout']) {
      bind('a', name);
      expect(routed(name, 'k')).toEqual(['a']);
      bind('b', name);
      expect(routed(name, 'k')).toEqual(['a', 'b']);
      host.unbindQueue('a', name, 'k', EMPTY_TABLE, owner);
      expect(routed(name, 'k')).toEqual(['b']);
      host.unbindQueue('b', name, 'k', EMPTY_TABLE, owner);
      expect(routed(name, 'k')).toEqual([]);
    }
  });

  it('by headers: all, any, presence, and those with x- if asked', () => {
    const { queue, bind, routed } = hostUnderTest();
    for (const name of ['all', 'any', 'present', 'x', 'empty-any']) queue(name);
    bind('all', 'amq.headers', '', { a: 1, b: 'two', 'x-ignored': 1 });
    bind('any', 'amq.headers', '', { 'x-match': 'any', a: 1, b: 'two' });
    bind('present', 'amq.headers', '', { c: null });
    bind('x', 'amq.headers', '', { 'x-match': 'all-with-x', 'x-d': 1 });
    bind('empty-any', 'amq.headers', '', { 'x-match': 'any' });
    expect(routed('amq.headers', '', { a: 1, b: 'two' })).toEqual(['all', 'any']);
    expect(routed('amq.headers', '', { a: 1n, b: 'three' })).toEqual(['any']);
    expect(routed('amq.headers', '', { c: 'x', 'x-d': 1 })).toEqual(['present', 'x']);
    expect(routed('amq.headers', '')).toEqual([]);
  });

  it('through exchanges bound to each other, in circles too', () => {
    const { host, queue, exchange, bind, routed } = hostUnderTest();
    exchange('one', 'fanout');
    exchange('two', 'fanout');
    queue('a');
    bind('a', 'two');
    host.bindExchange('two', 'one', '', EMPTY_TABLE);
    host.bindExchange('one', 'two', '', EMPTY_TABLE);
    expect(routed('one', 'x')).toEqual(['a']);
    expect(routed('two', 'x')).toEqual(['a']);
  });

  it('to the alternate exchange what matches nothing', () => {
    const { queue, exchange, bind, routed } = hostUnderTest();
    exchange('main', 'direct', { arguments: tableOf({ 'alternate-exchange': 'rest' }) });
    queue('a');
    queue('b');
    bind('a', 'main');
    expect(routed('main', 'other')).toEqual([]);
    exchange('rest', 'fanout');
    bind('b', 'rest');
    expect(routed('main', 'k')).toEqual(['a']);
    expect(routed('main', 'other')).toEqual(['b']);
  });

  it('by the headers CC and BCC too, and hides BCC', () => {
    const { queue, routed } = hostUnderTest();
    for (const name of ['a', 'b', 'c']) queue(name);
    expect(routed('', 'a', { CC: ['b', 1], BCC: ['c', 'a'] })).toEqual(['a', 'b', 'c']);
    const plain = message('', 'a', { CC: ['b'] });
    expect(withoutBcc(plain)).toBe(plain);
    const hidden = withoutBcc(message('', 'a', { CC: ['b'], BCC: ['c'] }));
    expect([...(hidden.properties.headers?.keys() ?? [])]).toEqual(['CC']);
    expect(() => routed('', 'a', { CC: 'b' })).toThrow(
      'PRECONDITION_FAILED - invalid message: {unacceptable_type_in_header,"CC",longstr}',
    );
  });

  it('dead letters from the exchange they were rewritten for, but not in circles', () => {
    const { queue } = hostUnderTest();
    const dead = tableOf({ 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'dead' });
    const work = queue('work', { arguments: dead });
    const letters = queue('dead');
    work.publish(message('', 'work'));
    const entry = work.get();
    if (entry !== undefined) work.reject(entry);
    expect([work.readyCount, letters.readyCount]).toEqual([0, 1]);

    const given = { 'x-dead-letter-exchange': '', 'x-max-length': 0 };
    expect(queue('circle', { arguments: tableOf(given) }).publish(message('', 'circle'))).toBe(true);
  });
});

describe('a virtual host declares', () => {
  it('exchanges of its own', () => {
    expect(
      hostUnderTest()
        .host.exchanges()
        .map(({ name, type, internal }) => `${name} ${type} ${internal}`),
    ).toEqual([
      ' direct false',
      'amq.direct direct false',
      'amq.fanout fanout false',
      'amq.headers headers false',
      'amq.match headers false',
      'amq.rabbitmq.trace topic true',
      'amq.topic topic false',
    ]);
  });

  it('a queue under a name of its own choice', () => {
    const { queue } = hostUnderTest();
    const [one, two] = [queue('').name, queue('').name];
    expect(one).toMatch(/^amq\.gen-[\w-]{22}$/);
    expect(two).not.toBe(one);
  });

  it('the same again without a word, and finds it passively', () => {
    const { queue, exchange } = hostUnderTest();
    expect(queue('q')).toBe(queue('q'));
    expect(exchange('x')).toBe(exchange('x'));
    expect(queue('q', { passive: true, durable: false })).toBe(queue('q'));
    expect(exchange('x', 'nonsense', { passive: true })).toBe(exchange('x'));
    expect(exchange('amq.topic', 'topic')).toBe(exchange('amq.topic', '', { passive: true }));
  });

  it.each<[string, (test: ReturnType<typeof hostUnderTest>) => unknown]>([
    ["NOT_FOUND - no queue 'q' in vhost '/'", ({ queue }) => queue('q', { passive: true })],
    ["NOT_FOUND - no exchange 'x' in vhost '/'", ({ exchange }) => exchange('x', '', { passive: true })],
    ["NOT_FOUND - no exchange 'x' in vhost '/'", ({ bind }) => bind('q', 'x')],
    ["NOT_FOUND - no queue 'q' in vhost '/'", ({ bind }) => bind('q', 'amq.direct')],
    ["ACCESS_REFUSED - queue name 'amq.q' contains reserved prefix 'amq.*'", ({ queue }) => queue('amq.q')],
    ["ACCESS_REFUSED - exchange name 'amq.x' contains reserved prefix 'amq.*'", ({ exchange }) => exchange('amq.x')],
    ['ACCESS_REFUSED - operation not permitted on the default exchange', ({ exchange }) => exchange('')],
    ['ACCESS_REFUSED - operation not permitted on the default exchange', ({ bind }) => bind('q', '')],
    ['ACCESS_REFUSED - operation not permitted on the default exchange', ({ host }) => host.deleteExchange('', false)],
    [
      "ACCESS_REFUSED - deletion of system exchange 'amq.direct' in vhost '/' not allowed",
      ({ host }) => host.deleteExchange('amq.direct', false),
    ],
    ["COMMAND_INVALID - unknown exchange type 'x'", ({ exchange }) => exchange('', 'x')],
    [
      "PRECONDITION_FAILED - inequivalent arg 'type' for exchange 'amq.topic' in vhost '/': received 'direct' but current is 'topic'",
      ({ exchange }) => exchange('amq.topic', 'direct'),
    ],
    [
      "PRECONDITION_FAILED - invalid type 'signedint' for arg 'alternate-exchange' in exchange 'x' in vhost '/'",
      ({ exchange }) => exchange('x', 'direct', { arguments: tableOf({ 'alternate-exchange': 1 }) }),
    ],
    [
      'PRECONDITION_FAILED - Cannot declare a server-named queue for type rabbit_quorum_queue',
      ({ queue }) => queue('', { arguments: tableOf({ 'x-queue-type': 'quorum' }) }),
    ],
    [
      "ACCESS_REFUSED - cannot publish to internal exchange 'amq.rabbitmq.trace' in vhost '/'",
      ({ host }) => checkPublishable(host.exchange('amq.rabbitmq.trace')),
    ],
  ])('or says %s', (text, act) => {
    expect(() => act(hostUnderTest())).toThrow(new Error(text).message);
  });

  it('an exclusive queue for its owner only', () => {
    const { host, queue } = hostUnderTest();
    const mine = queue('q', { exclusive: true });
    expect(mine.definition.durable).toBe(false);
    expect(host.queue('q', owner)).toBe(mine);
    expect(() => host.queue('q', other)).toThrow(
      /^RESOURCE_LOCKED - cannot obtain exclusive access to locked queue 'q'/,
    );
    expect(() => host.deleteQueue('q', { ifUnused: false, ifEmpty: false }, other)).toThrow(/^RESOURCE_LOCKED/);
    expect(() => queue('q')).toThrow(/^RESOURCE_LOCKED/);
    host.ownerGone(other);
    expect(host.findQueue('q')).toBe(mine);
    host.ownerGone(owner);
    expect(host.findQueue('q')).toBeUndefined();
  });
});

describe('a virtual host deletes', () => {
  it('what is not there without a word', () => {
    const { host } = hostUnderTest();
    expect(host.deleteQueue('q', { ifUnused: true, ifEmpty: true }, owner)).toBe(0);
    expect(() => host.deleteExchange('x', true)).not.toThrow();
    expect(() => host.unbindQueue('q', 'x', '', EMPTY_TABLE, owner)).not.toThrow();
  });

  it('a queue with its bindings, unless it must be empty and is not', () => {
    const { host, queue, bind } = hostUnderTest();
    queue('q').publish(message('', 'q'));
    bind('q', 'amq.topic');
    expect(() => host.deleteQueue('q', { ifUnused: true, ifEmpty: true }, owner)).toThrow(
      "PRECONDITION_FAILED - queue 'q' in vhost '/' not empty",
    );
    expect(host.bindings()).toHaveLength(2);
    expect(host.deleteQueue('q', { ifUnused: true, ifEmpty: false }, owner)).toBe(1);
    expect(host.bindings()).toEqual([]);
  });

  it('an exchange, unless it must be unused and is not', () => {
    const { host, queue, exchange, bind } = hostUnderTest();
    exchange('x');
    queue('q');
    bind('q', 'x');
    expect(() => host.deleteExchange('x', true)).toThrow("PRECONDITION_FAILED - exchange 'x' in vhost '/' in use");
    host.deleteExchange('x', false);
    expect(host.findExchange('x')).toBeUndefined();
    expect(host.bindings()).toHaveLength(1);
  });

  it('an auto-delete exchange when its last binding goes, and those before it in a row', () => {
    const { host, queue, exchange, bind } = hostUnderTest();
    const autoDelete = true;
    exchange('first', 'fanout', { autoDelete });
    exchange('second', 'fanout', { autoDelete });
    exchange('unbound', 'fanout', { autoDelete });
    host.bindExchange('second', 'first', '', EMPTY_TABLE);
    queue('q');
    bind('q', 'second');
    host.deleteQueue('q', { ifUnused: false, ifEmpty: false }, owner);
    expect(host.findExchange('second')).toBeUndefined();
    expect(host.findExchange('first')).toBeUndefined();
    expect(host.findExchange('unbound')).toBeDefined();
  });
});

describe('a virtual host after a restart', () => {
  it('has what is durable, and the bindings between it', () => {
    const { host, queue, exchange, bind } = hostUnderTest();
    queue('durable');
    queue('transient', { durable: false });
    exchange('durable', 'fanout', { autoDelete: true });
    exchange('transient', 'fanout', { durable: false });
    bind('durable', 'transient');
    bind('transient', 'durable');
    bind('durable', 'amq.topic');
    host.restart('durable');
    expect(host.queues().map(({ name }) => name)).toEqual(['durable']);
    expect(host.bindings().map(({ source }) => source)).toEqual(['', 'amq.topic']);
    // It lost its last binding, but not by unbinding.
    expect(host.findExchange('durable')).toBeDefined();
    expect(host.findExchange('transient')).toBeUndefined();
  });

  it('has nothing if nothing is kept, but what it comes with', () => {
    const { host, queue, exchange } = hostUnderTest();
    queue('q');
    exchange('x');
    host.restart('nothing');
    expect(host.queues()).toEqual([]);
    expect(host.exchanges()).toHaveLength(7);
    expect(queue('q').name).toBe('q');
  });
});
