import { describe, expect, it } from 'vitest';
import { decodeEnvelope } from '../envelope.js';
import { createNotifier, type NotificationListenerMiddleware, type NotifierMiddleware, REQUEUE } from '../notify.js';
import { FakeTransport } from '../testing/fake-transport.js';
import { actionsOf, notificationBody, settle, setUpBatchListener, setUpListener } from '../testing/notify-setup.js';

function setUpNotifier(...middleware: NotifierMiddleware[]) {
  const transport = new FakeTransport();
  const notifier = createNotifier(transport, { topics: ['a', 'b'], publisherId: 'p', middleware });
  return { transport, notifier };
}

describe('the middleware of a notifier', () => {
  it('stands around each notification, the first outermost, and sees where it goes', async () => {
    const story: unknown[] = [];
    const tell =
      (name: string): NotifierMiddleware =>
      async (call, next) => {
        story.push([name, call.eventType, call.priority, call.publisherId, call.destinations]);
        await next();
        story.push([name, transport.published.length]);
      };
    const { transport, notifier } = setUpNotifier(tell('outer'), tell('inner'));
    await notifier.warn('disk.full');
    const destinations = ['a.warn', 'b.warn'].map((routingKey) => ({ exchange: 'openstack', routingKey }));
    expect(story).toEqual([
      ['outer', 'disk.full', 'warn', 'p', destinations],
      ['inner', 'disk.full', 'warn', 'p', destinations],
      ['inner', 2],
      ['outer', 2],
    ]);
  });

  it('can change payload and context, and add headers, for all topics', async () => {
    const { transport, notifier } = setUpNotifier((call, next) => {
      call.payload = { seen: call.payload, id: call.messageId };
      call.context = { user: 'u' };
      call.headers['x-tenant'] = 'blue';
      return next();
    });
    await notifier.info('e', 1);
    const messages = transport.published.map(({ body }) => decodeEnvelope(body));
    const id = messages[0]?.['message_id'];
    expect(messages.map(({ payload, _context_user: user }) => [payload, user])).toEqual(
      Array(2).fill([{ seen: 1, id }, 'u']),
    );
    expect(transport.published.map(({ options }) => options.headers)).toEqual(Array(2).fill({ 'x-tenant': 'blue' }));
  });

  it('can keep a notification from being sent, and what it throws is the failure', async () => {
    const { transport, notifier } = setUpNotifier(({ priority }) => {
      if (priority === 'error') throw new RangeError('not today');
    });
    await notifier.info('e');
    await expect(notifier.error('e')).rejects.toThrow(new RangeError('not today'));
    expect(transport.published).toEqual([]);
  });

  it('takes its time, and sends nothing when the wait was ended meanwhile', async () => {
    const controller = new AbortController();
    const { transport, notifier } = setUpNotifier((_call, next) => {
      controller.abort('enough');
      return next();
    });
    await expect(notifier.info('e', 1, { signal: controller.signal })).rejects.toBe('enough');
    expect(transport.published).toEqual([]);
  });

  it('is not asked where nothing is sent', async () => {
    const seen: unknown[] = [];
    const middleware: NotifierMiddleware[] = [(call) => void seen.push(call)];
    await createNotifier(new FakeTransport(), { enabled: false, middleware }).info('e');
    expect(seen).toEqual([]);
    expect(() => createNotifier(new FakeTransport(), { middleware: [1] as never })).toThrow(
      'middleware[0] is not a function.',
    );
    expect(() => setUpListener({ info: () => {} }, { middleware: {} as never })).toThrow(
      'middleware must be a list of functions.',
    );
  });
});

describe('the middleware of a listener', () => {
  it('stands around each run of a handler, and sees the message with its headers', async () => {
    const story: unknown[] = [];
    const middleware: NotificationListenerMiddleware[] = [
      async ({ priority, notifications, messages, signal }, next) => {
        story.push([priority, notifications.map(({ eventType }) => eventType), messages, signal.aborted]);
        story.push(['outcome', await next()]);
      },
    ];
    const endpoints = ['first', 'second'].map((name) => ({ methods: { info: () => name } }));
    const { transport, listener } = setUpListener(endpoints, { middleware });
    await listener.start();
    transport.inject('t.info', notificationBody({ _unique_id: 'U' }), {
      contentType: 'application/json',
      headers: { traceparent: '00-1' },
    });
    await settle();
    const message = {
      queue: 't.info',
      destination: { exchange: '', routingKey: 't.info' },
      uniqueId: 'U',
      headers: { traceparent: '00-1' },
    };
    expect(story).toEqual([
      ['info', ['e'], [message], false],
      ['outcome', 'first'],
      ['info', ['e'], [message], false],
      ['outcome', 'second'],
    ]);
    expect(actionsOf(transport)).toEqual(['ack']);
    await listener.stop();
  });

  it('can change what the handler is given, and decide that it is delivered again', async () => {
    const seen: unknown[] = [];
    let refusals = 1;
    const middleware: NotificationListenerMiddleware[] = [
      (call, next) => {
        refusals -= 1;
        if (refusals >= 0) return REQUEUE;
        call.notifications = call.notifications.map((each) => ({ ...each, payload: 'changed' }));
        return next();
      },
    ];
    const methods = { info: ({ payload }: { readonly payload: unknown }) => void seen.push(payload) };
    const { transport, listener, notifier } = setUpListener(methods, { middleware, allowRequeue: true });
    await listener.start();
    await notifier.info('e', 'as sent');
    await settle();
    expect([seen, actionsOf(transport)]).toEqual([['changed'], ['requeue', 'ack']]);
    await listener.stop();
  });

  it('counts as the handler with what it throws', async () => {
    const error = new Error('no');
    const middleware = [() => Promise.reject(error)];
    const { transport, listener, notifier, events } = setUpListener({ info: () => {} }, { middleware });
    await listener.start();
    await notifier.info('e');
    await settle();
    expect(events).toEqual([{ type: 'notification-failed', priority: 'info', count: 1, error, requeued: false }]);
    expect(actionsOf(transport)).toEqual(['ack']);
    await listener.stop();
  });

  it('stands around a batch as a whole', async () => {
    const seen: unknown[] = [];
    const middleware: NotificationListenerMiddleware[] = [
      ({ notifications, messages }, next) => {
        seen.push([notifications.map(({ payload }) => payload), messages.map(({ queue }) => queue)]);
        return next();
      },
    ];
    const { listener, notifier } = setUpBatchListener([{ methods: { info: (all) => void seen.push(all.length) } }], {
      batch: { size: 2 },
      middleware,
    });
    await listener.start();
    await Promise.all([notifier.info('e', 1), notifier.info('e', 2)]);
    await settle();
    expect(seen).toEqual([
      [
        [1, 2],
        ['t.info', 't.info'],
      ],
      2,
    ]);
    await listener.stop();
  });
});
