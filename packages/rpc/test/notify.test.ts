import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type OwnBroker, startOwnBroker } from '@leveret/tooling-brokers';
import { createTransport, type TransportEvent } from '@leveret/transport';
import { afterAll, describe, expect, it } from 'vitest';
import {
  createNotificationListener,
  createNotifier,
  type Notification,
  PRIORITIES,
  type Priority,
} from '../src/notify.js';
import { AWKWARD_TEXT, useBroker } from './helpers.js';

const eventually = <T>(value: () => T) => expect.poll(value, { timeout: 15_000, interval: 20 });

describe('notifications', () => {
  const broker = useBroker();
  const topicOf = (name: string): string => `${broker.setting.topic}-${name}`;

  function listen(topics: readonly string[], options: { readonly pool?: string } = {}) {
    const heard: Notification[] = [];
    const hear = (notification: Notification) => void heard.push(notification);
    const methods = Object.fromEntries(PRIORITIES.map((priority) => [priority, hear])) as Record<Priority, typeof hear>;
    const targets = topics.map((topic) => ({ topic }));
    const listener = createNotificationListener(broker.setting.transport, targets, [{ methods }], options);
    return { heard, listener };
  }

  it('say what happened: priority, event type, publisher, payload', async () => {
    const topic = topicOf('simple');
    const { heard, listener } = listen([topic]);
    await listener.start();
    const notifier = createNotifier(broker.setting.transport, { topics: [topic], publisherId: 'abc' });
    await notifier.info('test', AWKWARD_TEXT);
    await eventually(() => heard).toMatchObject([
      { priority: 'info', eventType: 'test', publisherId: 'abc', payload: AWKWARD_TEXT },
    ]);
    await listener.stop();
  });

  it('of all categories arrive, each as what it is', async () => {
    const topic = topicOf('categories');
    const { heard, listener } = listen([topic]);
    await listener.start();
    const notifier = createNotifier(broker.setting.transport, { topics: [topic] });
    for (const priority of PRIORITIES) await notifier[priority](priority);
    await eventually(() => heard.map(({ priority, eventType }) => [priority, eventType]).toSorted()).toEqual(
      PRIORITIES.map((priority) => [priority, priority]).toSorted(),
    );
    await listener.stop();
  });

  it('of two topics arrive at who listens to both, and of no other topic', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map(topicOf) as [string, string, string];
    const [both, third] = [listen([a, b]), listen([c])];
    await Promise.all([both.listener.start(), third.listener.start()]);
    for (const topic of [a, b, c]) {
      await createNotifier(broker.setting.transport, { topics: [topic] }).info(topic);
    }
    await eventually(() => [both, third].map(({ heard }) => heard.map((each) => each.eventType).toSorted())).toEqual([
      [a, b],
      [c],
    ]);
    await Promise.all([both.listener.stop(), third.listener.stop()]);
  });

  it('are shared by the listeners of a topic, and of each pool', async () => {
    const topic = topicOf('shared');
    const listeners = [{}, {}, { pool: topicOf('p') }, { pool: topicOf('p') }].map((options) =>
      listen([topic], options),
    );
    await Promise.all(listeners.map(({ listener }) => listener.start()));
    const notifier = createNotifier(broker.setting.transport, { topics: [topic] });
    for (let n = 0; n < 20; n += 1) await notifier.info('e', n);
    const numbers = Array.from({ length: 20 }, (_, n) => n);
    const heardBy = (some: typeof listeners) =>
      some.flatMap(({ heard }) => heard.map(({ payload }) => Number(payload))).toSorted((x, y) => x - y);
    await eventually(() => [heardBy(listeners.slice(0, 2)), heardBy(listeners.slice(2))]).toEqual([numbers, numbers]);
    for (const { heard } of listeners) expect(heard.length).toBeGreaterThan(0);
    await Promise.all(listeners.map(({ listener }) => listener.stop()));
  });

  it('wait for whoever comes later, also after their queue was deleted', async () => {
    const topic = topicOf('waiting');
    const { transport } = broker.setting;
    // mandatory: the broker would otherwise drop, and confirm, what its queue is gone for.
    const notifier = createNotifier(transport, { topics: [topic], mandatory: true });
    await notifier.info('early');
    const { heard, listener } = listen([topic]);
    await listener.start();
    await eventually(() => heard.map(({ eventType }) => eventType)).toEqual(['early']);
    await listener.stop();
    await transport.deleteQueue(`${topic}.info`);
    await notifier.info('later');
    await listener.start();
    await eventually(() => heard.map(({ eventType }) => eventType)).toEqual(['early', 'later']);
    await listener.stop();
  });

  it('are heard once each while an operator closes every connection, again and again', async () => {
    const topic = topicOf('cut');
    const { url, control } = broker.setting;
    await using transport = createTransport(url);
    const heard: number[] = [];
    const info = async ({ payload }: Notification) => {
      heard.push(Number(payload));
      // So that some are under way whenever a connection goes.
      await new Promise(setImmediate);
    };
    await using listener = createNotificationListener(transport, [{ topic }], [{ methods: { info } }]);
    await listener.start();
    const notifier = createNotifier(transport, { topics: [topic] });
    const sending: Promise<void>[] = [];
    for (let round = 0; round < 3; round += 1) {
      for (let n = 0; n < 100; n += 1) sending.push(notifier.info('e', round * 100 + n));
      await sending[round * 100 + 50];
      await control?.closeConnections();
    }
    await Promise.all(sending);
    await eventually(() => heard.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, n) => n));
  });
});

describe('a broker that goes away', () => {
  let own: OwnBroker | undefined;
  afterAll(() => own?.remove());

  it('loses none of 744 notifications when it is killed and started again in their midst', async () => {
    own = await startOwnBroker();
    await using sending = createTransport(own.url);
    await using receiving = createTransport(own.url);
    // Durable, or the broker itself would forget what it had confirmed.
    const options = { durable: true, controlExchange: 'durable' };
    const heard: number[] = [];
    const methods = { info: ({ payload }: Notification) => void heard.push(Number(payload)) };
    await using listener = createNotificationListener(receiving, [{ topic: 'n' }], [{ methods }], options);
    await listener.start();
    const notifier = createNotifier(sending, { topics: ['n'], ...options });
    const send = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) => notifier.info('e', from + index));

    await Promise.all(send(0, 248));
    // Under way when it dies, while it is away, and while it comes back.
    const underWay = send(248, 400);
    const killed = own.kill();
    const meanwhile = send(400, 500);
    await killed;
    const away = send(500, 600);
    const restarted = own.restart();
    const later = send(600, 744);
    await restarted;
    await Promise.all([...underWay, ...meanwhile, ...away, ...later]);

    const numbers = Array.from({ length: 744 }, (_, n) => n);
    await expect.poll(() => heard.length, { timeout: 30_000, interval: 50 }).toBeGreaterThanOrEqual(744);
    // Nor is any heard twice, though some were sent, or delivered, again.
    expect(heard.toSorted((a, b) => a - b)).toEqual(numbers);
  }, 120_000);

  it('is dialled three times for a notification that outlives two failures', async () => {
    const port = await unusedPort();
    const events: TransportEvent[] = [];
    await using transport = createTransport(`rabbit://guest:guest@127.0.0.1:${port}/`, {
      env: false,
      reconnectBackoff: {
        *[Symbol.iterator]() {
          for (;;) yield 5;
        },
      },
      onEvent: (event) => void events.push(event),
    });
    const attempts = () =>
      events.filter((event) => event.type === 'connection-attempt-failed' && event.purpose === 'publish').length;
    const notifier = createNotifier(transport, { retry: 2 });
    await expect(notifier.info('test')).rejects.toMatchObject({
      code: 'ERR_LEVERET_NOTIFICATION_SEND',
      outcome: 'not-sent',
      topics: ['notifications'],
      cause: { code: 'ERR_LEVERET_DELIVERY' },
    });
    expect(attempts()).toBe(3);
    // oslo.messaging's -1, which is its default, is one attempt; here it is what it says: only the deadline ends it.
    const before = attempts();
    await expect(notifier.info('test', null, { retry: -1, timeoutMs: 1_000 })).rejects.toMatchObject({
      outcome: 'not-sent',
    });
    expect(attempts() - before).toBeGreaterThan(1);
  });
});

async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
