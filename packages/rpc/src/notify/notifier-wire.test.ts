import { describe, expect, it } from 'vitest';
import { decodeEnvelope } from '../envelope.js';
import { type ContextRedaction, createNotifier, type Priority } from '../notify.js';
import type { Context } from '../request.js';
import { FakeTransport, type Published } from '../testing/fake-transport.js';
import { loadVectors } from '../testing/fixtures.js';
import { recordedSending, sendingOf, type WireMessage } from '../testing/wire-message.js';

interface Frame {
  readonly method: string;
  readonly args: Readonly<Record<string, unknown>>;
}

interface NotifyCase {
  readonly id: string;
  readonly kind?: string;
  readonly messages: readonly WireMessage[];
  readonly declares: readonly Frame[];
}

// What the vectors were made with: a dictionary, and a RequestContext that redacts itself to these keys.
const CONTEXTS: Record<string, Context> = {
  'plain-dict-context': { user_id: 'u1', auth_token: 'secret', request_id: 'req-1', custom: 'c' },
  'request-context-object': {
    user_id: 'u1',
    auth_token: 'secret',
    project_id: 'p1',
    request_id: 'req-1',
    roles: ['r'],
    custom: 'c',
  },
};
const redactedCopy: ContextRedaction = ({ auth_token: _secret, ...rest }) => rest;

/** Ids and the time differ in every run: that they are there, and their form, counts. */
function settled(message: Readonly<Record<string, unknown>>): [string, unknown][] {
  const forms: Record<string, RegExp> = {
    message_id: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u,
    timestamp: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{6})?$/u,
    _unique_id: /^[0-9a-f]{32}$/u,
  };
  return Object.entries(message).map(([key, value]) => [key, forms[key]?.test(String(value)) ? 'as expected' : value]);
}

function declaredWith({ destination: { exchange, queue, routingKey } }: Published): object[] {
  return [
    { exchange: exchange?.name, type: exchange?.type, durable: exchange?.durable, auto_delete: exchange?.autoDelete },
    {
      queue: queue?.name,
      durable: queue?.durable,
      exclusive: queue?.exclusive ?? false,
      auto_delete: queue?.autoDelete,
      arguments: queue?.arguments,
    },
    { queue: queue?.name, exchange: exchange?.name, routing_key: routingKey },
  ];
}

function recordedDeclares(frames: readonly Frame[]): object[] {
  const fields: Record<string, readonly string[]> = {
    'exchange.declare': ['exchange', 'type', 'durable', 'auto_delete'],
    'queue.declare': ['queue', 'durable', 'exclusive', 'auto_delete', 'arguments'],
    'queue.bind': ['queue', 'exchange', 'routing_key'],
  };
  // Before the very first message of a channel oslo declares the exchange twice.
  return frames
    .slice(0, 3)
    .map(({ method, args }) => Object.fromEntries((fields[method] ?? []).map((name) => [name, args[name]])));
}

describe.each(['14.0.3', 'master'])('a notification is what oslo.messaging %s sends', (version) => {
  const vectors = loadVectors<NotifyCase>(`notify-${version}`);
  // Declared before the first message to each queue of a channel only.
  const declares = new Map(
    vectors.flatMap(({ messages, declares: frames }) =>
      frames.length === 0 ? [] : [[messages[0]?.routing_key, recordedDeclares(frames)]],
    ),
  );

  it('has all its cases', () => {
    expect(vectors).toHaveLength(18);
    expect(declares.size).toBe(8);
  });

  it.each(vectors)('$id', async ({ id, messages: [wire] }) => {
    if (wire === undefined) throw new Error('The vector has no message.');
    const recorded = decodeEnvelope(wire.body_utf8);
    const [topic = '', priority = ''] = wire.routing_key.split('.');
    const context = Object.entries(CONTEXTS).find(([name]) => id.endsWith(name))?.[1] ?? {};
    const isObject = id === 'request-context-object';
    const redactContext = version === '14.0.3' ? 'safe-keys' : isObject ? redactedCopy : 'none';
    const transport = new FakeTransport();
    const notifier = createNotifier(transport, {
      publisherId: String(recorded['publisher_id']),
      driver: id.startsWith('messaging-') ? 'messaging' : 'messagingv2',
      ...(isObject ? { topics: [topic] } : {}),
      redactContext,
    });
    const method = id.endsWith('warning-alias') ? 'warning' : (priority as Priority);
    await notifier[method](String(recorded['event_type']), recorded['payload'], { context });

    const [published, ...more] = transport.published;
    expect(more).toEqual([]);
    if (published === undefined) throw new Error('Nothing was published.');
    expect(sendingOf(published)).toEqual(recordedSending(wire));
    expect(Object.keys(JSON.parse(published.body) as object)).toEqual(
      Object.keys(JSON.parse(wire.body_utf8) as object),
    );
    expect(settled(decodeEnvelope(published.body))).toEqual(settled(recorded));
    expect(declaredWith(published)).toEqual(declares.get(wire.routing_key));
  });
});
