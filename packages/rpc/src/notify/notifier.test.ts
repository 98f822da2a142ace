import { MessageUndeliverableError } from '@leveret/transport';
import { describe, expect, it } from 'vitest';
import { decodeEnvelope } from '../envelope.js';
import type { Serializer } from '../index.js';
import { createNotifier, type NotifierEvent, type NotifierOptions, PRIORITIES } from '../notify.js';
import { FakeTransport } from '../testing/fake-transport.js';

function setUp(options: NotifierOptions = {}) {
  const transport = new FakeTransport();
  const events: NotifierEvent[] = [];
  const notifier = createNotifier(transport, { onEvent: (event) => void events.push(event), ...options });
  return { transport, notifier, events };
}

const sent = (transport: FakeTransport) => transport.published.map(({ body }) => decodeEnvelope(body));
const refused = (outcome: string) => Object.assign(new Error('no'), { code: 'ERR_LEVERET_DELIVERY', outcome });

describe('a notification', () => {
  it('goes to every topic under one message id, each copy with an id of its own', async () => {
    const { transport, notifier } = setUp({ topics: ['a', 'b'], controlExchange: 'nova' });
    await notifier.critical('disk.full', { free: 0 });
    expect(transport.published.map(({ exchange, routingKey }) => [exchange, routingKey])).toEqual([
      ['nova', 'a.critical'],
      ['nova', 'b.critical'],
    ]);
    const [a, b] = sent(transport);
    expect(a?.['message_id']).toBe(b?.['message_id']);
    expect(a?.['_unique_id']).not.toBe(b?.['_unique_id']);
    expect([transport.waiting('a.critical').length, transport.waiting('b.critical').length]).toEqual([1, 1]);
  });

  it('waits in a queue as peers declare it, before anybody listens', async () => {
    const { transport, notifier } = setUp({ quorum: true, quorumDeliveryLimit: 5 });
    await notifier.info('e');
    expect(transport.published[0]?.destination).toEqual({
      exchange: { name: 'openstack', type: 'topic', durable: true, autoDelete: false },
      routingKey: 'notifications.info',
      queue: {
        name: 'notifications.info',
        durable: true,
        autoDelete: false,
        arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 5 },
      },
    });
    expect(transport.waiting('notifications.info')).toHaveLength(1);
  });

  it('has a null publisher and a null payload where none are given', async () => {
    const { transport, notifier } = setUp();
    await notifier.sample('cpu');
    expect(sent(transport)[0]).toMatchObject({
      publisher_id: null,
      payload: null,
      priority: 'SAMPLE',
      event_type: 'cpu',
    });
  });

  it('carries of the context what holds no secret, unless told otherwise', async () => {
    const context = { user_id: 'u', auth_token: 's3cret', tenant: 't', roles: ['r'] };
    const keys = async (redactContext?: NotifierOptions['redactContext']) => {
      const { transport, notifier } = setUp({ context, ...(redactContext === undefined ? {} : { redactContext }) });
      await notifier.info('e');
      return Object.keys(sent(transport)[0] ?? {}).filter((key) => key.startsWith('_context_'));
    };
    expect(await keys()).toEqual(['_context_user_id', '_context_roles']);
    expect(await keys('none')).toEqual([]);
    expect(await keys(({ tenant }) => ({ tenant }))).toEqual(['_context_tenant']);
    await expect(keys(() => null as never)).rejects.toThrow(
      'The context that redactContext returned must be an object',
    );
  });

  it('is serialised with the whole context, which is serialised when it is redacted', async () => {
    const seen: unknown[] = [];
    const serializer: Serializer = {
      serializeValue: (context, value) => {
        seen.push(context);
        return `<${String(value)}>`;
      },
      deserializeValue: (_context, value) => value,
      serializeContext: (context) => ({ ...context, system_scope: Object.keys(context).join() }),
      deserializeContext: (context) => context,
    };
    const { transport, notifier } = setUp({ serializer });
    await notifier.info('e', 1, { context: { user: 'bob', token: 's' } });
    expect(seen).toEqual([{ user: 'bob', token: 's' }]);
    expect(sent(transport)[0]).toMatchObject({ payload: '<1>', _context_user: 'bob', _context_system_scope: 'user' });
  });

  it('is refused with the path of what cannot be sent, and nothing goes out', async () => {
    const { transport, notifier } = setUp();
    await expect(notifier.info('e', { size: 1n })).rejects.toMatchObject({
      code: 'ERR_LEVERET_INVALID_ARGUMENT',
      path: 'payload.size',
    });
    await expect(notifier.info('')).rejects.toThrow('The event type must be a non-empty string');
    await expect(notifier.info('e', 1, { retries: 1 } as never)).rejects.toThrow("There is no option 'retries'");
    await expect(notifier.info('e', 1, { retry: 0.5 })).rejects.toThrow('retry must be a whole number or null');
    await expect(notifier.info('e', 1, { timeoutMs: 0 })).rejects.toThrow('timeoutMs');
    await expect(notifier.info('e', 1, { publisherId: 7 as never })).rejects.toThrow('publisherId must be a string');
    await expect(notifier.info('e', 1, { context: [] as never })).rejects.toThrow('context must be an object');
    expect(transport.published).toEqual([]);
  });
});

describe('retry, deadline and signal', () => {
  it('are the transport’s: for ever by default, and what is set counts in its turn', async () => {
    const { transport, notifier } = setUp({ retry: 3, timeoutMs: 1_000 });
    const plain = setUp();
    await plain.notifier.info('e');
    await notifier.info('e');
    await notifier.prepare({ retry: -1, timeoutMs: null }).info('e');
    await notifier.info('e', null, { retry: 0, timeoutMs: 50 });
    await notifier.prepare({ retry: null, publisherId: 'p' }).info('e', null, { publisherId: undefined });
    const options = [...plain.transport.published, ...transport.published].map((each) => each.options);
    expect(options.map(({ retry, timeoutMs }) => [retry, timeoutMs])).toEqual([
      [null, 2 ** 31 - 1],
      [3, 1_000],
      [-1, 2 ** 31 - 1],
      [0, 50],
      [null, 1_000],
    ]);
    expect(sent(transport).map((message) => message['publisher_id'])).toEqual([null, null, null, 'p']);
  });

  it('an abort rejects with the reason', async () => {
    const { transport, notifier } = setUp();
    const reason = new Error('changed my mind');
    await expect(notifier.info('e', 1, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(transport.published).toEqual([]);
    const controller = new AbortController();
    transport.onPublish = () => controller.abort(reason);
    await expect(notifier.info('e', 1, { signal: controller.signal })).rejects.toBe(reason);
  });
});

describe('a notification that cannot be sent', () => {
  it('rejects with the topics that it did not reach', async () => {
    const { transport, notifier } = setUp({ topics: ['a', 'b', 'c'] });
    transport.onPublish = ({ routingKey }) => (routingKey === 'b.error' ? undefined : refused('not-sent'));
    await expect(notifier.error('e', { password: 's3cret' })).rejects.toMatchObject({
      name: 'NotificationSendError',
      code: 'ERR_LEVERET_NOTIFICATION_SEND',
      message: "The notification 'e' could not be sent as 'error' to 'a', 'c'. no",
      topics: ['a', 'c'],
      eventType: 'e',
      priority: 'error',
      outcome: 'not-sent',
      cause: { code: 'ERR_LEVERET_DELIVERY' },
    });
    expect(transport.waiting('b.error')).toHaveLength(1);
  });

  it('is sent once more when its queue is gone, within the same time', async () => {
    const { transport, notifier } = setUp({ mandatory: true, timeoutMs: 1_000 });
    transport.onPublish = () =>
      transport.published.length === 1 ? new MessageUndeliverableError('openstack', 'r', 312, 'NO_ROUTE') : undefined;
    await notifier.info('e');
    const [first, second, ...more] = transport.published;
    expect(more).toEqual([]);
    expect(second?.body).toBe(first?.body);
    expect([first?.options.mandatory, second?.options.mandatory]).toEqual([true, true]);
    expect(second?.options.timeoutMs).toBeLessThanOrEqual(1_000);
    transport.onPublish = () => new MessageUndeliverableError('openstack', 'r', 312, 'NO_ROUTE');
    await expect(notifier.info('e')).rejects.toMatchObject({ cause: { code: 'ERR_LEVERET_UNDELIVERABLE' } });
    expect(transport.published).toHaveLength(4);
  });

  it('says when the broker may have it after all', async () => {
    const { transport, notifier } = setUp({ topics: ['a', 'b'] });
    transport.onPublish = ({ routingKey }) => refused(routingKey === 'a.info' ? 'not-sent' : 'unknown');
    await expect(notifier.info('e')).rejects.toMatchObject({ outcome: 'unknown' });
  });

  it('is an event and nothing else, when asked for', async () => {
    const { transport, notifier, events } = setUp({ onFailure: 'event' });
    const error = refused('not-sent');
    transport.onPublish = () => error;
    await notifier.warn('e', 1);
    transport.onPublish = () => undefined;
    await notifier.warn('e', () => {});
    await notifier.warn('e', 1, { signal: AbortSignal.abort('stop') });
    await notifier.warn('e', 1);
    expect(events).toEqual([
      {
        type: 'notification-not-sent',
        priority: 'warn',
        eventType: 'e',
        error: expect.objectContaining({ cause: error }),
      },
      {
        type: 'notification-not-sent',
        priority: 'warn',
        eventType: 'e',
        error: expect.objectContaining({ code: 'ERR_LEVERET_INVALID_ARGUMENT' }),
      },
      { type: 'notification-not-sent', priority: 'warn', eventType: 'e', error: 'stop' },
    ]);
    expect(transport.waiting('notifications.warn')).toHaveLength(1);
  });
});

describe('a notifier', () => {
  it('that is not enabled sends nothing, and says so', async () => {
    const { transport, notifier } = setUp({ enabled: false });
    for (const priority of PRIORITIES) await notifier[priority]('e', { big: 1n });
    expect([notifier.enabled, notifier.prepare({ publisherId: 'p' }).enabled, setUp().notifier.enabled]).toEqual([
      false,
      false,
      true,
    ]);
    expect(transport.published).toEqual([]);
  });

  it('refuses options that it cannot use, with what it can', () => {
    const create = (options: object) => () => setUp(options as NotifierOptions);
    expect(create({ topic: 'a' })).toThrow("There is no option 'topic' of a notifier");
    expect(create({ topics: [] })).toThrow('at least one topic; for no notifications say enabled: false');
    expect(create({ topics: 'a' })).toThrow('topics must be a list');
    expect(create({ topics: [''] })).toThrow("The target's topic must be a non-empty string");
    expect(create({ topics: [null] })).toThrow("The target's topic must be a non-empty string");
    expect(create({ driver: 'noop' })).toThrow(
      "driver must be 'messagingv2' or 'messaging'; for oslo.messaging's 'noop'",
    );
    expect(create({ redactContext: 'all' })).toThrow("redactContext must be 'safe-keys', 'none' or a function");
    expect(create({ enabled: 'no' })).toThrow('enabled must be true or false');
    expect(create({ onFailure: 'log' })).toThrow("onFailure must be 'reject' or 'event'");
    expect(create({ quorum: true, mirrored: true })).toThrow('Configuration Error');
    expect(() => setUp().notifier.prepare({ topics: ['a'] } as never)).toThrow(
      "There is no option 'topics' of prepare",
    );
  });
});
