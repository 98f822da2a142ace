import fc from 'fast-check';
import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import { encodeEnvelope } from '../envelope.js';
import type { Serializer } from '../index.js';
import { createNotificationListener, createNotifier, type Notification, PRIORITIES, REQUEUE } from '../notify.js';
import { FakeTransport } from '../testing/fake-transport.js';
import { settle, setUpBatchListener, setUpListener } from '../testing/notify-setup.js';
import { gate } from '../testing/server-setup.js';

const body = (fields: Record<string, unknown> = {}) =>
  encodeEnvelope({ message_id: 'M', publisher_id: 'p', event_type: 'e', priority: 'INFO', payload: 1, ...fields });
const actions = ({ settlements }: FakeTransport) => settlements.map(({ action }) => action);

describe('a listener', () => {
  it('hears every priority, in either format', async () => {
    const heard: Notification[] = [];
    const methods = Object.fromEntries(PRIORITIES.map((name) => [name, (each: Notification) => void heard.push(each)]));
    const { transport, listener, notifier } = setUpListener(methods);
    await listener.start();
    for (const priority of PRIORITIES) await notifier[priority](`is.${priority}`, { priority });
    transport.inject('t.info', '{"priority": "INFO", "event_type": "old", "payload": NaN}');
    await settle();
    await listener.stop();
    expect(heard.map(({ priority }) => priority)).toEqual([...PRIORITIES, 'info']);
    expect(heard[0]).toMatchObject({ eventType: 'is.audit', publisherId: 'p', payload: { priority: 'audit' } });
    expect(heard.at(-1)).toEqual({
      eventType: 'old',
      priority: 'info',
      publisherId: null,
      payload: Number.NaN,
      context: { client_timeout: null },
      metadata: { messageId: null, timestamp: null },
      redelivered: false,
    });
    expect(new Set(actions(transport))).toEqual(new Set(['ack']));
  });

  it('acknowledges when the handler has ended, and not before', async () => {
    const working = gate();
    const { transport, listener, notifier } = setUpListener({ info: () => working.promise });
    await listener.start();
    await notifier.info('e');
    await settle();
    expect(transport.settlements).toEqual([]);
    working.open();
    await settle();
    expect(transport.settlements).toEqual([{ queue: 't.info', action: 'ack' }]);
    await listener.stop();
  });

  it('asks the endpoints in their order, those whose filter lets it through', async () => {
    const heard: string[] = [];
    const endpoint = (name: string, eventType?: string) => ({
      ...(eventType === undefined ? {} : { filter: { eventType } }),
      methods: { info: () => void heard.push(name) },
    });
    const { transport, listener, notifier } = setUpListener([
      endpoint('all'),
      endpoint('volumes', 'volume'),
      endpoint('servers', 'server'),
    ]);
    await listener.start();
    await notifier.info('server.created');
    await settle();
    await listener.stop();
    expect(heard).toEqual(['all', 'servers']);
    expect(actions(transport)).toEqual(['ack']);
  });

  it('delivers again what a handler gave back or failed at, and asks nobody else then', async () => {
    let times = 0;
    const later = vi.fn();
    const { transport, listener, notifier, events } = setUpListener(
      [
        {
          methods: {
            info: ({ redelivered }: Notification) => {
              times += 1;
              expect(redelivered).toBe(times > 1);
              if (times === 1) return REQUEUE;
              if (times === 2) throw new Error('not yet');
              return 'requeue';
            },
          },
        },
        { methods: { info: later } },
      ],
      { allowRequeue: true },
    );
    await listener.start();
    await notifier.info('e');
    await settle();
    await listener.stop();
    expect(actions(transport)).toEqual(['requeue', 'requeue', 'ack']);
    expect(later).toHaveBeenCalledTimes(1);
    expect(events).toEqual([
      { type: 'notification-failed', priority: 'info', count: 1, error: new Error('not yet'), requeued: true },
    ]);
  });

  it('acknowledges those as well where it may not have them delivered again, and says so', async () => {
    const { transport, listener, notifier, events } = setUpListener({
      info: () => REQUEUE,
      error: () => Promise.reject('boom'),
    });
    await listener.start();
    await notifier.info('e');
    await notifier.error('e');
    await settle();
    await listener.stop();
    expect(actions(transport)).toEqual(['ack', 'ack']);
    expect(events).toEqual([
      { type: 'requeue-refused', priority: 'info', count: 1 },
      { type: 'notification-failed', priority: 'error', count: 1, error: 'boom', requeued: false },
    ]);
  });

  it('handles once what comes twice, also after it was stopped and started', async () => {
    const handler = vi.fn();
    const { transport, listener, events } = setUpListener({ info: handler });
    await listener.start();
    for (const id of ['a', 'a', 'b']) transport.inject('t.info', body({ _unique_id: id }));
    await settle();
    await listener.stop();
    await listener.start();
    transport.inject('t.info', body({ _unique_id: 'b' }));
    for (const nothing of [undefined, null, '', 7]) transport.inject('t.info', body({ _unique_id: nothing }));
    await settle();
    await listener.stop();
    expect(handler).toHaveBeenCalledTimes(2 + 4);
    expect(events).toEqual([
      { type: 'notification-repeated', uniqueId: 'a' },
      { type: 'notification-repeated', uniqueId: 'b' },
    ]);
    expect(actions(transport)).toEqual(Array.from({ length: 8 }, () => 'ack'));
  });

  it('handles once what is delivered again while it is handled, and again only when that fails', async () => {
    const first = gate();
    const handler = vi.fn<(notification: Notification) => unknown>().mockReturnValueOnce(first.promise);
    const { transport, listener, events } = setUpListener({ info: handler }, { allowRequeue: true });
    await listener.start();
    transport.inject('t.info', body({ _unique_id: 'a' }));
    await settle();
    transport.loseConnection();
    await settle();
    expect(handler).toHaveBeenCalledTimes(1);
    first.open(REQUEUE);
    await settle();
    expect(handler).toHaveBeenCalledTimes(2);
    transport.loseConnection();
    await settle();
    // The one by the lost connection could not be given back; the copy was handled and acknowledged.
    expect([actions(transport), events]).toEqual([['ack'], []]);
    await listener.stop();
  });

  it('knows what it has handled although the acknowledgement was lost', async () => {
    const working = gate();
    const handler = vi.fn(() => working.promise);
    const { transport, listener, events } = setUpListener({ info: handler });
    await listener.start();
    transport.inject('t.info', body({ _unique_id: 'a' }));
    await settle();
    transport.loseConnection();
    working.open();
    await settle();
    await listener.stop();
    expect(handler).toHaveBeenCalledTimes(1);
    expect(actions(transport)).toEqual(['ack']);
    expect(events).toEqual([{ type: 'notification-repeated', uniqueId: 'a' }]);
  });

  it('drops what is no notification, and acknowledges what nobody can hear', async () => {
    const handler = vi.fn();
    const { transport, listener, events } = setUpListener({ info: handler });
    await listener.start();
    transport.inject('t.info', 'not json');
    transport.inject('t.info', body({ priority: 7 }));
    transport.inject('t.info', body({ priority: 'URGENT' }));
    transport.inject('t.info', body({ priority: '__proto__' }));
    transport.inject('t.info', '{}');
    // A priority that no endpoint has, as in the queue of a pool that others have bound.
    transport.inject('t.info', body({ priority: 'AUDIT' }));
    await settle();
    await listener.stop();
    expect(handler).not.toHaveBeenCalled();
    expect(actions(transport)).toEqual(['reject', 'reject', 'ack', 'ack', 'ack', 'ack']);
    expect(events).toEqual([
      {
        type: 'notification-malformed',
        queue: 't.info',
        error: expect.objectContaining({ name: 'MalformedMessageError' }),
      },
      {
        type: 'notification-malformed',
        queue: 't.info',
        error: expect.objectContaining({
          message: expect.stringContaining('priority of the notification is not a string'),
        }),
      },
      { type: 'priority-unknown', queue: 't.info', priority: 'urgent' },
      { type: 'priority-unknown', queue: 't.info', priority: '__proto__' },
      { type: 'priority-unknown', queue: 't.info', priority: '' },
    ]);
  });

  it('shows what is no text as the JSON that it came as', async () => {
    const heard: Notification[] = [];
    const { transport, listener } = setUpListener({ info: (each) => void heard.push(each) });
    await listener.start();
    transport.inject('t.info', body({ publisher_id: { a: 1 }, event_type: 5, message_id: false, timestamp: null }));
    await settle();
    await listener.stop();
    expect(heard).toMatchObject([
      { publisherId: '{"a":1}', eventType: '5', metadata: { messageId: 'false', timestamp: null } },
    ]);
  });

  it('reads context and payload through its serializer, and counts its failure as a handler’s', async () => {
    const serializer: Serializer = {
      serializeValue: (_context, value) => value,
      deserializeValue: (context, value) => {
        if (value === 'bad') throw new Error('bad payload');
        return `${String(context['user'])}: ${String(value)}`;
      },
      serializeContext: (context) => context,
      deserializeContext: (context) => ({ ...context, user: 'bob' }),
    };
    const heard: unknown[] = [];
    const methods = { info: ({ payload }: Notification) => void heard.push(payload) };
    const { transport, listener, notifier, events } = setUpListener(
      [{ filter: { context: { user: 'bob' } }, methods }],
      {
        serializer,
      },
    );
    await listener.start();
    await notifier.info('e', 1);
    await notifier.info('e', 'bad');
    await settle();
    await listener.stop();
    expect(heard).toEqual(['bob: 1']);
    expect(actions(transport).length).toBe(2);
    expect(events).toMatchObject([{ type: 'notification-failed', count: 1, error: { message: 'bad payload' } }]);
  });

  it('keeps all digits of whole numbers, and drops what is too large, as it was told', async () => {
    const heard: unknown[] = [];
    const { transport, listener, events } = setUpListener(
      { info: ({ payload }) => void heard.push(payload) },
      { bigints: true, maxBodyBytes: 300 },
    );
    await listener.start();
    const notifier = createNotifier(transport, { topics: ['t'], bigints: true, driver: 'messaging' });
    await notifier.info('e', 9_007_199_254_740_993n);
    await notifier.info('e', 'x'.repeat(300));
    await settle();
    await listener.stop();
    expect(heard).toEqual([9_007_199_254_740_993n]);
    expect(events).toMatchObject([
      { type: 'notification-malformed', error: { code: 'ERR_LEVERET_MALFORMED_MESSAGE' } },
    ]);
  });

  it('runs as many handlers at a time as it was told', async () => {
    const gates = [gate(), gate(), gate()];
    const handler = vi.fn((notification: Notification) => gates[notification.payload as number]?.promise);
    const { transport, listener, notifier } = setUpListener({ info: handler }, { concurrency: 2, prefetch: 10 });
    await listener.start();
    for (const n of [0, 1, 2]) await notifier.info('e', n);
    await settle();
    expect(handler).toHaveBeenCalledTimes(2);
    gates[1]?.open();
    await settle();
    expect(handler).toHaveBeenCalledTimes(3);
    for (const each of gates) each.open();
    await settle();
    await listener.stop();
    expect(transport.consumed.map(({ options }) => options.prefetch)).toEqual([10]);
  });
});

describe('whatever stands in a field', () => {
  const fields = ['message_id', 'publisher_id', 'event_type', 'priority', 'payload', 'timestamp', '_unique_id'];
  const anything = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('INFO', 'info', 'x', '__proto__', '', null));

  it('is settled once, and the listener goes on', async () => {
    const filter = { eventType: /e/, context: { a: 'x' }, payload: { a: 'x' }, metadata: { messageId: 'M' } };
    const endpoints = [{ methods: { info: () => {} } }, { filter, methods: { info: () => {} } }];
    const { transport, listener, notifier } = setUpListener(endpoints);
    await listener.start();
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom(...fields, '_context_a', '_context___proto__', 'constructor'), anything),
        fc.boolean(),
        async (message, inEnvelope) => {
          const before = transport.settlements.length;
          transport.inject('t.info', inEnvelope ? encodeEnvelope(message) : JSON.stringify(message));
          await settle();
          expect(transport.settlements.length - before).toBe(1);
        },
      ),
      { numRuns: 60 },
    );
    await notifier.info('e');
    await settle();
    expect(actions(transport).at(-1)).toBe('ack');
    await listener.stop();
  });
});

describe('what it consumes', () => {
  const queues = (transport: FakeTransport) =>
    transport.consumed.map(({ source: { queue, bindings = [] } }) => [
      queue.name,
      ...bindings.map(({ exchange, routingKey }) => `${exchange.name}:${routingKey}`),
    ]);
  const consumed = async (targets: { topic: string; exchange?: string }[], options: object = {}) => {
    const transport = new FakeTransport();
    const endpoints = [{ methods: { info: () => {} } }, { methods: { audit: () => {}, info: () => {} } }];
    await using listener = createNotificationListener(transport, targets, endpoints, options);
    await listener.start();
    return queues(transport);
  };

  it('is a queue for each topic and priority that somebody has a method for', async () => {
    expect(await consumed([{ topic: 'a' }, { topic: 'b', exchange: 'x' }])).toEqual([
      ['a.audit', 'openstack:a.audit'],
      ['a.info', 'openstack:a.info'],
      ['b.audit', 'x:b.audit'],
      ['b.info', 'x:b.info'],
    ]);
  });

  it('is one queue for a pool, and one for a topic of two exchanges', async () => {
    expect(
      await consumed([{ topic: 'a' }, { topic: 'b', exchange: 'x' }], { pool: 'workers', controlExchange: 'c' }),
    ).toEqual([['workers', 'c:a.audit', 'c:a.info', 'x:b.audit', 'x:b.info']]);
    expect(await consumed([{ topic: 'a' }, { topic: 'a', exchange: 'x' }])).toEqual([
      ['a.audit', 'openstack:a.audit', 'x:a.audit'],
      ['a.info', 'openstack:a.info', 'x:a.info'],
    ]);
  });

  it('is told when it ends for good, and consumed again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { transport, listener, notifier, events } = setUpListener({ info: () => {} });
      await listener.start();
      transport.endConsumers();
      await settle();
      expect(listener.status).toBe('failed');
      await vi.advanceTimersByTimeAsync(1_000);
      expect(listener.status).toBe('running');
      await notifier.info('e');
      await settle();
      await listener.stop();
      expect(events).toEqual([
        { type: 'consumer-ended', queue: 't.info', reason: 'connection-closed', restarts: true },
        { type: 'consumer-restarted', queue: 't.info' },
      ]);
      expect(actions(transport)).toEqual(['ack']);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('start and stop', () => {
  it('a start of what has failed consumes at once what it lacks', async () => {
    const { transport, listener, events } = setUpListener({ info: () => {}, audit: () => {} });
    await listener.start();
    transport.endConsumers();
    await settle();
    await listener.start();
    expect([listener.status, transport.consumed.length]).toEqual(['running', 4]);
    await listener.start();
    expect(transport.consumed).toHaveLength(4);
    await listener.stop();
    expect(events.map(({ type }) => type)).toEqual(['consumer-ended', 'consumer-ended']);
  });

  it('give up what was begun when a queue cannot be had', async () => {
    const { transport, listener } = setUpListener({ info: () => {}, audit: () => {} });
    transport.onConsume = ({ queue }) => (queue.name === 't.info' ? new Error('refused') : undefined);
    await expect(listener.start()).rejects.toThrow('refused');
    expect([listener.status, transport.cancelled]).toEqual(['stopped', ['t.audit']]);
    await expect(listener.start({ signal: AbortSignal.abort('no') })).rejects.toBe('no');
  });

  it('a stop ends the start that it overtakes', async () => {
    const { transport, listener } = setUpListener({ info: () => {} });
    transport.onConsume = (_source, signal) =>
      new Promise((resolve) => signal?.addEventListener('abort', () => resolve(signal.reason), { once: true }));
    const started = listener.start().catch((error: unknown) => error);
    await settle();
    await listener.stop();
    expect(await started).toMatchObject({ code: 'ERR_LEVERET_SERVER_STOPPED' });
  });

  it('stop waits for what runs, and gives back what has not begun', async () => {
    const working = gate();
    const { transport, listener, notifier } = setUpListener({ info: () => working.promise }, { concurrency: 1 });
    await listener.start();
    await notifier.info('e', 1);
    await notifier.info('e', 2);
    await settle();
    const stopped = listener.stop();
    await settle();
    expect([listener.status, ...actions(transport)]).toEqual(['stopping', 'requeue']);
    working.open();
    await stopped;
    expect([listener.status, ...actions(transport)]).toEqual(['stopped', 'requeue', 'ack']);
    expect(transport.waiting('t.info')).toHaveLength(1);
  });

  it('after its time, stop fires the signal of what still runs and waits no longer', async () => {
    const working = gate();
    let signal: AbortSignal | undefined;
    const { transport, listener, notifier, events } = setUpListener({
      info: (_notification, info) => {
        signal = info.signal;
        return working.promise;
      },
    });
    await listener.start();
    await notifier.info('e');
    await settle();
    expect(signal?.aborted).toBe(false);
    await listener.stop({ drainMs: 0 });
    expect(signal?.reason).toMatchObject({ code: 'ERR_LEVERET_SERVER_STOPPED' });
    expect(events).toEqual([{ type: 'drain-ended', unfinished: 1 }]);
    working.open();
    await settle();
    // It has ended after all, and its connection is still there.
    expect(actions(transport)).toEqual(['ack']);
  });
});

describe('a batch listener', () => {
  it('is given what came, by priority, and acknowledges it together', async () => {
    const heard: unknown[] = [];
    const hear = (notifications: readonly Notification[]) =>
      void heard.push(notifications.map(({ priority, payload }) => `${priority} ${String(payload)}`));
    const { transport, listener, notifier } = setUpBatchListener(
      [{ methods: { info: hear, error: hear, audit: hear } }],
      {
        batch: { size: 5, timeoutMs: 60_000 },
      },
    );
    await listener.start();
    const sent = [notifier.info, notifier.error, notifier.info, notifier.audit, notifier.error];
    for (const [index, notify] of sent.entries()) await notify('e', index);
    await notifier.info('e', 'next');
    await settle();
    expect(heard).toEqual([['audit 3'], ['error 1', 'error 4'], ['info 0', 'info 2']]);
    expect(actions(transport)).toEqual(['ack', 'ack', 'ack', 'ack', 'ack']);
    await listener.stop();
    // The batch that was not complete is given back.
    expect(transport.settlements.at(-1)).toEqual({ queue: 't.info', action: 'requeue' });
  });

  it('gives back all of the priority when one endpoint does, and no other priority', async () => {
    const second = vi.fn();
    const { transport, listener, notifier, events } = setUpBatchListener(
      [
        { filter: { payload: { bad: '' } }, methods: { info: () => Promise.reject('boom') } },
        { methods: { info: second, audit: () => {} } },
      ],
      { batch: { size: 3 }, allowRequeue: true },
    );
    await listener.start();
    await notifier.info('e', { bad: 'yes' });
    await notifier.info('e', {});
    await notifier.audit('e');
    await settle();
    await listener.stop();
    expect(transport.settlements.slice(0, 3)).toEqual([
      { queue: 't.audit', action: 'ack' },
      { queue: 't.info', action: 'requeue' },
      { queue: 't.info', action: 'requeue' },
    ]);
    expect(second).not.toHaveBeenCalled();
    expect(events[0]).toEqual({
      type: 'notification-failed',
      priority: 'info',
      count: 1,
      error: 'boom',
      requeued: true,
    });
  });

  it('settles by itself what the serializer cannot read, and hands over the rest', async () => {
    const serializer: Serializer = {
      serializeValue: (_context, value) => value,
      deserializeValue: (_context, value) => {
        if (value === 'bad') throw new Error('bad payload');
        return value;
      },
      serializeContext: (context) => context,
      deserializeContext: (context) => context,
    };
    const heard: unknown[] = [];
    const { transport, listener, notifier } = setUpBatchListener(
      [{ methods: { info: (notifications) => void heard.push(notifications.map(({ payload }) => payload)) } }],
      { batch: { size: 3 }, serializer },
    );
    await listener.start();
    for (const payload of [1, 'bad', 2]) await notifier.info('e', payload);
    await settle();
    await listener.stop();
    expect([heard, actions(transport)]).toEqual([[[1, 2]], ['ack', 'ack', 'ack']]);
  });

  it('handles once what comes twice in one batch', async () => {
    const heard: number[] = [];
    const { transport, listener, events } = setUpBatchListener(
      [{ methods: { info: (notifications) => void heard.push(notifications.length) } }],
      { batch: { size: 3 } },
    );
    await listener.start();
    for (const id of ['a', 'b', 'a']) transport.inject('t.info', body({ _unique_id: id }));
    await settle();
    await listener.stop();
    expect([heard, actions(transport)]).toEqual([[2], ['ack', 'ack', 'ack']]);
    expect(events).toEqual([{ type: 'notification-repeated', uniqueId: 'a' }]);
  });

  it('waits for no more than the broker may send ahead', async () => {
    const heard: number[] = [];
    const { transport, listener, notifier } = setUpBatchListener(
      [{ methods: { info: (notifications) => void heard.push(notifications.length) } }],
      { batch: { size: 100, timeoutMs: 60_000 }, prefetch: 4 },
    );
    await listener.start();
    for (let n = 0; n < 8; n += 1) await notifier.info('e', n);
    await settle();
    await listener.stop();
    expect(heard).toEqual([4, 4]);
    expect(transport.consumed[0]?.options.prefetch).toBe(4);
  });

  it('has two batches sent ahead by default', async () => {
    const { transport, listener } = setUpBatchListener([{ methods: { info: () => {} } }], { batch: { size: 300 } });
    await listener.start();
    await listener.stop();
    expect(transport.consumed[0]?.options.prefetch).toBe(600);
  });
});

describe('what makes no sense is refused', () => {
  const create =
    (endpoints: unknown, options: object = {}, targets: unknown = [{ topic: 't' }]) =>
    () =>
      createNotificationListener(new FakeTransport(), targets as never, endpoints as never, options);
  const fine = [{ methods: { info: () => {} } }];

  it('of the endpoints', () => {
    expect(create([])).toThrow('The endpoints of a notification listener must be a list of at least one');
    expect(create([7])).toThrow('endpoints[0] must be an object');
    expect(create([{ methods: { information: () => {} } }])).toThrow(
      'endpoints[0].methods.information is for no priority',
    );
    expect(create([{ methods: { info: 7 } }])).toThrow('endpoints[0].methods.info is not a function');
    expect(
      create([
        {
          methods: new (class Audit {
            info() {}
          })(),
        },
      ]),
    ).toThrow('has no methods of its own');
    expect(create([{ ...fine[0], filter: { eventType: '(' } }])).toThrow('endpoints[0].filter.eventType');
  });

  it('of the targets', () => {
    expect(create(fine, {}, [])).toThrow('The targets of a notification listener must be a list');
    expect(create(fine, {}, [{}])).toThrow('needs targets with a topic');
    expect(create(fine, {}, [{ topic: 't', server: 's' }])).toThrow("There is no option 'server'");
  });

  it('of the options', () => {
    expect(create(fine, { requeue: true })).toThrow("There is no option 'requeue' of a notification listener");
    expect(create(fine, { pool: '' })).toThrow('pool must be the name of a queue');
    expect(create(fine, { allowRequeue: 1 })).toThrow('allowRequeue must be true or false');
    expect(create(fine, { concurrency: 0 })).toThrow('concurrency must be a number from 1');
    expect(create(fine, { batch: {} })).toThrow('batch.size must be a whole number');
    expect(create(fine, { batch: { size: 10, timeout: 1 } })).toThrow("There is no option 'timeout' of batch");
    expect(create(fine, { duplicateWindow: -1 })).toThrow('duplicateWindow must be a number from 0');
    expect(create(fine, { quorum: true, mirrored: true })).toThrow('Configuration Error');
  });
});

it('methods are typed by whether there are batches', () => {
  const transport = new FakeTransport();
  createNotificationListener(
    transport,
    [{ topic: 't' }],
    [{ methods: { info: (notification) => expectTypeOf(notification).toEqualTypeOf<Notification>() } }],
  );
  createNotificationListener(
    transport,
    [{ topic: 't' }],
    [{ methods: { info: (notifications) => expectTypeOf(notifications).toEqualTypeOf<readonly Notification[]>() } }],
    { batch: { size: 2 } },
  );
  expectTypeOf(createNotificationListener).returns.toHaveProperty('status');
});
