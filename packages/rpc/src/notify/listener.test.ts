import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { encodeEnvelope } from '../envelope.js';
import type { Serializer } from '../index.js';
import { createNotifier, type Notification, PRIORITIES, REQUEUE } from '../notify.js';
import { actionsOf, notificationBody, settle, setUpListener } from '../testing/notify-setup.js';
import { gate } from '../testing/server-setup.js';

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
    expect(new Set(actionsOf(transport))).toEqual(new Set(['ack']));
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
    expect(actionsOf(transport)).toEqual(['ack']);
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
    expect(actionsOf(transport)).toEqual(['requeue', 'requeue', 'ack']);
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
    expect(actionsOf(transport)).toEqual(['ack', 'ack']);
    expect(events).toEqual([
      { type: 'requeue-refused', priority: 'info', count: 1 },
      { type: 'notification-failed', priority: 'error', count: 1, error: 'boom', requeued: false },
    ]);
  });

  it('handles once what comes twice, also after it was stopped and started', async () => {
    const handler = vi.fn();
    const { transport, listener, events } = setUpListener({ info: handler });
    await listener.start();
    for (const id of ['a', 'a', 'b']) transport.inject('t.info', notificationBody({ _unique_id: id }));
    await settle();
    await listener.stop();
    await listener.start();
    transport.inject('t.info', notificationBody({ _unique_id: 'b' }));
    for (const nothing of [undefined, null, '', 7])
      transport.inject('t.info', notificationBody({ _unique_id: nothing }));
    await settle();
    await listener.stop();
    expect(handler).toHaveBeenCalledTimes(2 + 4);
    expect(events).toEqual([
      { type: 'notification-repeated', uniqueId: 'a' },
      { type: 'notification-repeated', uniqueId: 'b' },
    ]);
    expect(actionsOf(transport)).toEqual(Array.from({ length: 8 }, () => 'ack'));
  });

  it('handles once what is delivered again while it is handled, and again only when that fails', async () => {
    const first = gate();
    const handler = vi.fn<(notification: Notification) => unknown>().mockReturnValueOnce(first.promise);
    const { transport, listener, events } = setUpListener({ info: handler }, { allowRequeue: true });
    await listener.start();
    transport.inject('t.info', notificationBody({ _unique_id: 'a' }));
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
    expect([actionsOf(transport), events]).toEqual([['ack'], []]);
    await listener.stop();
  });

  it('knows what it has handled although the acknowledgement was lost', async () => {
    const working = gate();
    const handler = vi.fn(() => working.promise);
    const { transport, listener, events } = setUpListener({ info: handler });
    await listener.start();
    transport.inject('t.info', notificationBody({ _unique_id: 'a' }));
    await settle();
    transport.loseConnection();
    working.open();
    await settle();
    await listener.stop();
    expect(handler).toHaveBeenCalledTimes(1);
    expect(actionsOf(transport)).toEqual(['ack']);
    expect(events).toEqual([{ type: 'notification-repeated', uniqueId: 'a' }]);
  });

  it('drops what is no notification, and acknowledges what nobody can hear', async () => {
    const handler = vi.fn();
    const { transport, listener, events } = setUpListener({ info: handler });
    await listener.start();
    transport.inject('t.info', 'not json');
    transport.inject('t.info', notificationBody({ priority: 7 }));
    transport.inject('t.info', notificationBody({ priority: 'URGENT' }));
    transport.inject('t.info', notificationBody({ priority: '__proto__' }));
    transport.inject('t.info', '{}');
    // A priority that no endpoint has, as in the queue of a pool that others have bound.
    transport.inject('t.info', notificationBody({ priority: 'AUDIT' }));
    await settle();
    await listener.stop();
    expect(handler).not.toHaveBeenCalled();
    expect(actionsOf(transport)).toEqual(['reject', 'reject', 'ack', 'ack', 'ack', 'ack']);
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
    transport.inject(
      't.info',
      notificationBody({ publisher_id: { a: 1 }, event_type: 5, message_id: false, timestamp: null }),
    );
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
    expect(actionsOf(transport).length).toBe(2);
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
    expect(actionsOf(transport).at(-1)).toBe('ack');
    await listener.stop();
  });
});
