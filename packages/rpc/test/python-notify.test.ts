import { type OsloNotifier, type Peer, startOsloNotifier, startPeer } from '@leveret/tooling-oslo';
import { createTransport } from '@leveret/transport';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createNotificationListener,
  createNotifier,
  type Notification,
  type NotificationListener,
  type NotificationListenerEvent,
  type NotificationListenerOptions,
  PRIORITIES,
  REQUEUE,
} from '../src/notify.js';
import { AWKWARD_TEXT, useBroker } from './helpers.js';

const broker = useBroker();
const events: NotificationListenerEvent[] = [];
let theirNotifier: OsloNotifier;

beforeAll(async () => {
  const { url } = broker.setting;
  theirNotifier = await startOsloNotifier({ url, topic: 'unused' });
});
afterAll(() => theirNotifier?.kill());

const topicOf = (name: string): string => `${broker.setting.topic}-${name}`;
const eventually = <T>(value: () => T) => expect.poll(value, { timeout: 15_000, interval: 20 });

/** Listens with ours to all priorities of a topic. */
async function listen(
  topic: string,
  options: NotificationListenerOptions & { readonly batch?: undefined } = {},
  answer: (notification: Notification) => unknown = () => undefined,
): Promise<{ readonly heard: Notification[] } & AsyncDisposable> {
  const heard: Notification[] = [];
  const hear = (notification: Notification) => {
    heard.push(notification);
    return answer(notification);
  };
  const methods = Object.fromEntries(PRIORITIES.map((priority) => [priority, hear]));
  const onEvent = (event: NotificationListenerEvent) => void events.push(event);
  const listener = createNotificationListener(broker.setting.transport, [{ topic }], [{ methods }], {
    onEvent,
    ...options,
  });
  await listener.start();
  return { heard, [Symbol.asyncDispose]: () => listener.stop({ drainMs: 0 }) };
}

/** Listens with Python. */
async function listenInPython(topic: string, ...args: string[]): Promise<Peer> {
  return await startPeer('notify', { url: broker.setting.url, topic, args: ['listen', ...args] });
}

const heardBy = (peer: Peer) => peer.lines().filter((line) => 'event_type' in line);

const payloads: readonly [string, unknown][] = [
  ['null', null],
  ['a text', AWKWARD_TEXT],
  ['nested values', { list: [1, 'a', null, { b: [true, 0.5] }], [AWKWARD_TEXT]: { '': 1 } }],
  ['half a megabyte', `"\\ü${AWKWARD_TEXT}`.repeat(10_000)],
];

describe('our notifier and oslo.messaging’s listener', () => {
  it('agree on every priority, both formats, context and payload', async () => {
    const topic = topicOf('to-python');
    await using peer = await listenInPython(topic);
    const context = { user_id: 'u', roles: ['r'], auth_token: 's3cret' };
    for (const driver of ['messagingv2', 'messaging'] as const) {
      const options = { topics: [topic], publisherId: `ours.${driver}`, driver, context };
      const notifier = createNotifier(broker.setting.transport, options);
      for (const priority of PRIORITIES) await notifier[priority](`is.${priority}`, { priority });
      await notifier.warning('is.warning');
      for (const [name, payload] of payloads) await notifier.info(name, payload);
    }
    const each = PRIORITIES.length + 1 + payloads.length;
    await eventually(() => heardBy(peer).length).toBe(2 * each);
    for (const driver of ['messagingv2', 'messaging']) {
      // Each priority has a queue of its own: the order between them is nobody's.
      const heard = heardBy(peer).filter((line) => line['publisher_id'] === `ours.${driver}`);
      expect(heard).toHaveLength(each);
      for (const priority of PRIORITIES) {
        expect(heard.find((line) => line['event_type'] === `is.${priority}`)).toMatchObject({
          priority,
          payload: { priority },
          ctxt: { user_id: 'u', roles: ['r'], client_timeout: null },
          metadata: {
            message_id: expect.stringMatching(/^[0-9a-f-]{36}$/u),
            timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{6})?$/u),
          },
        });
      }
      expect(heard.filter((line) => 'auth_token' in (line['ctxt'] as object))).toEqual([]);
      expect(heard.find((line) => line['event_type'] === 'is.warning')).toMatchObject({ priority: 'warn' });
      for (const [name, payload] of payloads) {
        expect(heard.find((line) => line['event_type'] === name)?.['payload']).toEqual(payload);
      }
    }
  });

  it('agree on what waits before anybody listens, on requeue, and on pools', async () => {
    const topic = topicOf('requeue-python');
    const notifier = createNotifier(broker.setting.transport, { topics: [topic] });
    await notifier.error('early');
    await using peer = await listenInPython(topic, '--requeue-first', '2');
    await eventually(() => heardBy(peer).map((line) => [line['event_type'], line['requeued']])).toEqual([
      ['early', true],
      ['early', true],
      ['early', false],
    ]);
    await using pool = await listenInPython(topic, '--pool', topicOf('python-pool'));
    await notifier.error('late');
    await eventually(() => [heardBy(peer), heardBy(pool)].map((lines) => lines.at(-1)?.['event_type'])).toEqual([
      'late',
      'late',
    ]);
  });

  it('agree on batches: 205 are 100, 100 and 5', async () => {
    const topic = topicOf('batch-python');
    const notifier = createNotifier(broker.setting.transport, { topics: [topic] });
    await Promise.all(Array.from({ length: 205 }, (_, n) => notifier.info('e', n)));
    await using peer = await listenInPython(topic, '--batch-size', '100', '--batch-timeout', '2');
    await eventually(() => heardBy(peer).length).toBe(205);
    // Python handles them side by side: their order is nobody's.
    const batches = [1, 2, 3].map((batch) => heardBy(peer).filter((line) => line['batch'] === batch));
    expect(batches.map(({ length }) => length).toSorted((a, b) => b - a)).toEqual([100, 100, 5]);
    expect(new Set(heardBy(peer).map((line) => line['payload'])).size).toBe(205);
  });
});

describe('oslo.messaging’s notifier and our listener', () => {
  it('agree on every priority, both formats, context and payload', async () => {
    const topic = topicOf('to-ours');
    await using ours = await listen(topic);
    for (const driver of ['messagingv2', 'messaging'] as const) {
      const common = { topics: [topic], driver, publisher_id: `theirs.${driver}`, context: { user_id: 'u', x: 1 } };
      for (const priority of PRIORITIES) {
        await theirNotifier.notify({ ...common, priority, event_type: `is.${priority}`, payload: { priority } });
      }
      for (const [name, payload] of payloads) {
        await theirNotifier.notify({ ...common, priority: 'info', event_type: name, payload });
      }
    }
    await eventually(() => ours.heard.length).toBe(2 * (PRIORITIES.length + payloads.length));
    for (const driver of ['messagingv2', 'messaging']) {
      const heard = ours.heard.filter(({ publisherId }) => publisherId === `theirs.${driver}`);
      for (const priority of PRIORITIES) {
        expect(heard.find(({ eventType }) => eventType === `is.${priority}`)).toMatchObject({
          priority,
          payload: { priority },
          context: { client_timeout: null },
          metadata: { messageId: expect.stringMatching(/^[0-9a-f-]{36}$/u), timestamp: expect.any(String) },
          redelivered: false,
        });
      }
      for (const [name, payload] of payloads) {
        expect(heard.find(({ eventType }) => eventType === name)?.payload).toEqual(payload);
      }
    }
  });

  it('agree on what waits before anybody listens, on requeue, on several topics, and on pools', async () => {
    const topics = [topicOf('a'), topicOf('b')];
    const [a = '', b = ''] = topics;
    const notify = (event_type: string, to: readonly string[]) =>
      theirNotifier.notify({ priority: 'error', event_type, topics: to });
    await notify('early', topics);
    let left = 2;
    await using first = await listen(a, { allowRequeue: true }, () => {
      left -= 1;
      return left >= 0 ? REQUEUE : undefined;
    });
    await using second = await listen(b);
    await eventually(() => [first, second].map(({ heard }) => heard.map((each) => each.redelivered))).toEqual([
      [false, true, true],
      [false],
    ]);
    expect(first.heard[0]?.metadata.messageId).toBe(second.heard[0]?.metadata.messageId);
    await using pool = await listen(a, { pool: topicOf('our-pool') });
    await notify('late', [a]);
    await eventually(() => [first, pool].map(({ heard }) => heard.at(-1)?.eventType)).toEqual(['late', 'late']);
    expect(second.heard).toHaveLength(1);
  });

  it('agree on batches: 205 are 100, 100 and 5', async () => {
    const topic = topicOf('batch-ours');
    for (let n = 0; n < 205; n += 1) {
      await theirNotifier.notify({ priority: 'info', event_type: 'e', payload: n, topics: [topic] });
    }
    const batches: number[][] = [];
    const methods = {
      info: (batch: readonly Notification[]) => void batches.push(batch.map(({ payload }) => Number(payload))),
    };
    await using listener: NotificationListener = createNotificationListener(
      broker.setting.transport,
      [{ topic }],
      [{ methods }],
      { batch: { size: 100, timeoutMs: 2_000 } },
    );
    await listener.start();
    await eventually(() => batches.flat().length).toBe(205);
    expect(batches.map(({ length }) => length)).toEqual([100, 100, 5]);
    expect(batches.flat()).toEqual(Array.from({ length: 205 }, (_, n) => n));
  });
});

describe('listeners of both languages on one topic', () => {
  it('share what comes: each notification is heard once, and both hear some', async () => {
    const topic = topicOf('shared');
    await using ours = await listen(topic);
    await using theirs = await listenInPython(topic);
    const notifier = createNotifier(broker.setting.transport, { topics: [topic] });
    for (let n = 0; n < 10; n += 1) {
      await notifier.info('ours', n);
      await theirNotifier.notify({ priority: 'info', event_type: 'theirs', payload: n, topics: [topic] });
    }
    const facts = () => [
      ...ours.heard.map(({ eventType, payload }) => `${String(eventType)} ${String(payload)}`),
      ...heardBy(theirs).map(({ event_type, payload }) => `${String(event_type)} ${String(payload)}`),
    ];
    await eventually(() => facts().length).toBe(20);
    expect(new Set(facts()).size).toBe(20);
    expect([ours.heard.length > 0, heardBy(theirs).length > 0]).toEqual([true, true]);
  });
});

it('compressed notifications are understood both ways', async () => {
  const { url } = broker.setting;
  const topic = topicOf('compressed');
  const text = AWKWARD_TEXT.repeat(1_000);
  await using transport = createTransport(url, { compression: 'gzip' });
  await using ours = await listen(topic);
  await using compressing = await startOsloNotifier({ url, topic, options: { kombu_compression: 'gzip' } });
  await compressing.notify({ priority: 'info', event_type: 'theirs', payload: text });
  await eventually(() => ours.heard.map(({ payload }) => payload === text)).toEqual([true]);
  const toPython = topicOf('compressed-python');
  await using theirs = await listenInPython(toPython);
  await createNotifier(transport, { topics: [toPython] }).info('ours', text);
  await eventually(() => heardBy(theirs).map(({ payload }) => payload === text)).toEqual([true]);
});

it('nothing that Python sent was strange to our listeners', () => {
  expect(events).toEqual([]);
});
