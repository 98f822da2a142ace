import { describe, expect, it, vi } from 'vitest';
import type { Serializer } from '../index.js';
import type { Notification } from '../notify.js';
import { actionsOf, notificationBody, settle, setUpBatchListener } from '../testing/notify-setup.js';

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
    expect(actionsOf(transport)).toEqual(['ack', 'ack', 'ack', 'ack', 'ack']);
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
    expect([heard, actionsOf(transport)]).toEqual([[[1, 2]], ['ack', 'ack', 'ack']]);
  });

  it('handles once what comes twice in one batch', async () => {
    const heard: number[] = [];
    const { transport, listener, events } = setUpBatchListener(
      [{ methods: { info: (notifications) => void heard.push(notifications.length) } }],
      { batch: { size: 3 } },
    );
    await listener.start();
    for (const id of ['a', 'b', 'a']) transport.inject('t.info', notificationBody({ _unique_id: id }));
    await settle();
    await listener.stop();
    expect([heard, actionsOf(transport)]).toEqual([[2], ['ack', 'ack', 'ack']]);
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
