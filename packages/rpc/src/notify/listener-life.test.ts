import { describe, expect, it, vi } from 'vitest';
import { createNotificationListener } from '../notify.js';
import { FakeTransport } from '../testing/fake-transport.js';
import { actionsOf, settle, setUpListener } from '../testing/notify-setup.js';
import { gate } from '../testing/server-setup.js';

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
      expect(actionsOf(transport)).toEqual(['ack']);
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
    expect([listener.status, ...actionsOf(transport)]).toEqual(['stopping', 'requeue']);
    working.open();
    await stopped;
    expect([listener.status, ...actionsOf(transport)]).toEqual(['stopped', 'requeue', 'ack']);
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
    expect(actionsOf(transport)).toEqual(['ack']);
  });
});
