import { readFileSync } from 'node:fs';
import type { Exchange, Queue } from '@leveret/transport';
import { describe, expect, it } from 'vitest';
import {
  createNotificationListener,
  createNotifier,
  type Notification,
  type NotificationEndpoint,
  PRIORITIES,
  type Priority,
  REQUEUE,
} from '../notify.js';
import { FakeTransport } from '../testing/fake-transport.js';
import { settle } from '../testing/notify-setup.js';

interface Frame {
  readonly method: string;
  readonly args: Readonly<Record<string, unknown>>;
}

interface Recorded {
  readonly listener: { readonly received_by_endpoint: readonly unknown[][]; readonly frames: readonly Frame[] };
  readonly pool_listener: { readonly frames: readonly Frame[] };
  readonly topology_with_listeners: {
    readonly exchanges: readonly object[];
    readonly queues: readonly { readonly name: string; readonly durable: boolean; readonly auto_delete: boolean }[];
    readonly bindings: readonly {
      readonly source_name: string;
      readonly destination_name: string;
      readonly routing_key: string;
    }[];
  };
}

const TARGETS = [{ topic: 'lis' }];

// What the recording listened with: info as it comes, error only at the third time.
function recordingEndpoint(heard: Notification[], requeues: number): NotificationEndpoint {
  let left = requeues;
  const info = (notification: Notification) => void heard.push(notification);
  const error = (notification: Notification) => {
    heard.push(notification);
    left -= 1;
    return left >= 0 ? REQUEUE : undefined;
  };
  return { methods: { info, error } };
}

const asRecorded = ({ priority, context, publisherId, eventType, payload, metadata }: Notification) => [
  priority,
  context,
  publisherId,
  eventType,
  payload,
  Object.keys(metadata).map((key) => (key === 'messageId' ? 'message_id' : key)),
];

const entity = ({ name, durable, autoDelete }: Exchange | Queue) => ({ name, durable, auto_delete: autoDelete });

function framesOf(transport: FakeTransport): Set<string> {
  const frames = transport.consumed.flatMap(({ source: { queue, bindings = [] }, options }) => [
    ...bindings.flatMap(({ exchange, routingKey }) => [
      { exchange: exchange.name, type: exchange.type, durable: exchange.durable, auto_delete: exchange.autoDelete },
      { queue: queue.name, exchange: exchange.name, routing_key: routingKey },
    ]),
    {
      queue: queue.name,
      durable: queue.durable,
      exclusive: queue.exclusive ?? false,
      auto_delete: queue.autoDelete,
      arguments: queue.arguments,
    },
    { consume: queue.name, arguments: options.arguments },
  ]);
  return new Set(frames.map((frame) => JSON.stringify(frame)));
}

function recordedFrames(frames: readonly Frame[]): Set<string> {
  const fields: Record<string, readonly string[]> = {
    'exchange.declare': ['exchange', 'type', 'durable', 'auto_delete'],
    'queue.declare': ['queue', 'durable', 'exclusive', 'auto_delete', 'arguments'],
    'queue.bind': ['queue', 'exchange', 'routing_key'],
  };
  const told = frames.flatMap(({ method, args }) => {
    if (method === 'basic.consume') return [{ consume: args['queue'], arguments: args['arguments'] }];
    const names = fields[method];
    return names === undefined ? [] : [Object.fromEntries(names.map((name) => [name, args[name]]))];
  });
  return new Set(told.map((frame) => JSON.stringify(frame)));
}

const recordedActions = (frames: readonly Frame[]) =>
  frames.flatMap(({ method, args }) => {
    if (method === 'basic.ack') return ['ack'];
    return method === 'basic.reject' ? [args['requeue'] === true ? 'requeue' : 'reject'] : [];
  });

describe.each(['14.0.3', 'master'])('a listener does what oslo.messaging %s does', (version) => {
  const file = new URL(`../../test/fixtures/notify-listeners-and-topology-${version}.json`, import.meta.url);
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as Recorded;

  it('declares, consumes, hands over and settles the same', async () => {
    const transport = new FakeTransport();
    const heard: Notification[] = [];
    const listener = createNotificationListener(transport, TARGETS, [recordingEndpoint(heard, 2)], {
      allowRequeue: true,
    });
    await listener.start();
    const notifier = createNotifier(transport, { topics: ['lis'], publisherId: 'p' });
    await notifier.info('ev.info', { a: 1 });
    await settle();
    await notifier.error('ev.error', { a: 2 });
    // Nobody has a method for it: it waits in its queue.
    await notifier.warn('ev.warn', { a: 3 });
    await settle();
    await listener.stop();
    expect(framesOf(transport)).toEqual(recordedFrames(recorded.listener.frames));
    expect(heard.map(asRecorded)).toEqual(recorded.listener.received_by_endpoint.slice(0, 4));
    expect(transport.settlements.map(({ action }) => action)).toEqual(recordedActions(recorded.listener.frames));
    expect(transport.waiting('lis.warn')).toHaveLength(1);
  });

  it('with a pool declares, consumes and settles the same', async () => {
    const transport = new FakeTransport();
    const heard: Notification[] = [];
    const listener = createNotificationListener(transport, TARGETS, [recordingEndpoint(heard, 0)], { pool: 'mypool' });
    await listener.start();
    const notifier = createNotifier(transport, { topics: ['lis'], publisherId: 'p' });
    // To the pool master's recording sent nothing.
    const sent = recorded.listener.received_by_endpoint.slice(4);
    expect(sent).toHaveLength(version === 'master' ? 0 : 2);
    for (const [priority, , , eventType, payload] of sent) {
      await notifier[priority as Priority](String(eventType), payload);
    }
    await settle();
    await listener.stop();
    expect(framesOf(transport)).toEqual(recordedFrames(recorded.pool_listener.frames));
    expect(transport.settlements.map(({ action }) => action)).toEqual(recordedActions(recorded.pool_listener.frames));
    expect(heard.map(asRecorded)).toEqual(sent);
    // Each pool has a copy of its own, beside the queues that the publisher declares.
    for (const [priority] of sent) expect(transport.waiting(`lis.${String(priority)}`)).toHaveLength(1);
  });

  it('and with its notifiers leaves the same exchanges, queues and bindings', async () => {
    const transport = new FakeTransport();
    const [listener, pooled] = [{}, { pool: 'mypool' }].map((options) =>
      createNotificationListener(transport, TARGETS, [recordingEndpoint([], 0)], options),
    );
    await listener?.start();
    await pooled?.start();
    const notify = (topics?: readonly string[]) => createNotifier(transport, topics === undefined ? {} : { topics });
    for (const priority of PRIORITIES) await notify()[priority]('e');
    for (const priority of ['info', 'error'] as const) await notify(['topic_a', 'topic_b'])[priority]('e');
    for (const topic of ['t', 'lis']) await notify([topic]).info('e');
    await notify(['lis']).warn('e');
    const sources = [
      ...transport.consumed.map(({ source: { queue, bindings = [] } }) => ({ queue, bindings })),
      ...transport.published.map(({ destination: { exchange, queue, routingKey } }) => ({
        queue: queue as Queue,
        bindings: [{ exchange: exchange as Exchange, routingKey }],
      })),
    ];
    const { exchanges, queues, bindings } = recorded.topology_with_listeners;
    const unique = (all: readonly object[]) => new Set(all.map((each) => JSON.stringify(each)));
    expect(unique(sources.flatMap((source) => source.bindings.map(({ exchange }) => entity(exchange))))).toEqual(
      unique(
        (exchanges as (typeof queues)[number][]).map(({ name, durable, auto_delete }) => ({
          name,
          durable,
          auto_delete,
        })),
      ),
    );
    expect(unique(sources.map(({ queue }) => entity(queue)))).toEqual(
      unique(queues.map(({ name, durable, auto_delete }) => ({ name, durable, auto_delete }))),
    );
    expect(
      unique(
        sources.flatMap(({ queue, bindings: its }) =>
          its.map(({ exchange, routingKey }) => [exchange.name, queue.name, routingKey]),
        ),
      ),
    ).toEqual(
      unique(
        bindings
          // The broker's own, of every queue to the default exchange.
          .filter(({ source_name }) => source_name !== '')
          .map(({ source_name, destination_name, routing_key }) => [source_name, destination_name, routing_key]),
      ),
    );
    await Promise.all([listener?.stop(), pooled?.stop()]);
  });
});
