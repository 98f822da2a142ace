import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { recordTelemetry } from '../../test/telemetry-recorder.js';
import {
  type BatchHandler,
  createNotificationListener,
  createNotifier,
  type NotificationEndpoint,
  type NotificationListener,
  type NotificationListenerOptions,
} from '../notify.js';
import { FakeTransport } from '../testing/fake-transport.js';
import { settle } from '../testing/notify-setup.js';

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => {
  context.disable();
});

type Create = (transport: FakeTransport, options: NotificationListenerOptions) => NotificationListener;

/** A notifier and a listener on one broker, and what they tell of each other. */
async function setUp(create: Create, topics: readonly string[] = ['alarms']) {
  const { telemetry, tracer, ended, measured, end } = recordTelemetry();
  const transport = new FakeTransport();
  const listener = create(transport, { middleware: [telemetry.notificationListenerMiddleware] });
  await listener.start();
  const options = { topics, publisherId: 'host-1', middleware: [telemetry.notifierMiddleware] };
  onTestFinished(async () => {
    await listener.stop();
    await end();
  });
  // In memory, either may be the first to end.
  const spans = (kind: SpanKind) => ended().filter((span) => span.kind === kind);
  return {
    transport,
    notifier: createNotifier(transport, options),
    tracer,
    producers: () => spans(SpanKind.PRODUCER),
    consumers: () => spans(SpanKind.CONSUMER),
    measured,
  };
}

function hearing(methods: NotificationEndpoint['methods'], topics = ['alarms']): Create {
  return (transport, { middleware }) =>
    createNotificationListener(
      transport,
      topics.map((topic) => ({ topic })),
      [{ methods }],
      { middleware },
    );
}

function hearingBatches(info: BatchHandler, topics: readonly string[]): Create {
  return (transport, { middleware }) =>
    createNotificationListener(
      transport,
      topics.map((topic) => ({ topic })),
      [{ methods: { info } }],
      { batch: { size: 2 }, middleware },
    );
}

const messaging = (name: string, type: string) => ({
  'messaging.system': 'rabbitmq',
  'messaging.operation.name': name,
  'messaging.operation.type': type,
});

describe('spans of a notification', () => {
  it('are one of a producer and one of a consumer below it, and name neither payload nor context', async () => {
    let within: string | undefined;
    const { notifier, tracer, producers, consumers, transport } = await setUp(
      hearing({
        warn: () => {
          within = trace.getActiveSpan()?.spanContext().spanId;
        },
      }),
    );
    const outer = tracer.startSpan('outer');
    await context.with(trace.setSpan(context.active(), outer), () => notifier.warn('disk.full', { token: 's3cret' }));
    await settle();
    const [producer] = producers();
    const [consumer] = consumers();
    const { message_id: messageId } = JSON.parse(
      (JSON.parse(transport.published[0]?.body ?? '') as Record<string, string>)['oslo.message'] ?? '',
    ) as Record<string, string>;
    const attributes = {
      'messaging.destination.name': 'openstack:alarms.warn',
      'messaging.rabbitmq.destination.routing_key': 'alarms.warn',
      'messaging.message.id': messageId,
      'leveret.notification.priority': 'warn',
      'leveret.notification.event_type': 'disk.full',
      'leveret.notification.publisher_id': 'host-1',
    };
    expect(producer).toMatchObject({
      name: 'publish openstack:alarms.warn',
      kind: SpanKind.PRODUCER,
      status: { code: SpanStatusCode.UNSET },
      parentSpanContext: { spanId: outer.spanContext().spanId },
    });
    expect(producer?.attributes).toEqual({ ...messaging('publish', 'send'), ...attributes });
    expect(consumer).toMatchObject({
      name: 'process openstack:alarms.warn',
      kind: SpanKind.CONSUMER,
      parentSpanContext: { spanId: producer?.spanContext().spanId, isRemote: true },
      links: [],
    });
    expect(consumer?.attributes).toEqual({ ...messaging('process', 'process'), ...attributes });
    expect(within).toBe(consumer?.spanContext().spanId);
  });

  it('say what failed, at either end', async () => {
    const { notifier, producers, consumers, transport } = await setUp(
      hearing({ info: () => Promise.reject(new RangeError('no')) }),
    );
    await notifier.info('e');
    await settle();
    transport.onPublish = () => new Error('gone');
    await expect(notifier.info('e')).rejects.toThrow();
    const outcomes = [...consumers(), ...producers()].map(({ attributes, status }) => [
      attributes['error.type'],
      status.code,
    ]);
    expect(outcomes).toEqual([
      ['RangeError', SpanStatusCode.ERROR],
      [undefined, SpanStatusCode.UNSET],
      ['ERR_LEVERET_NOTIFICATION_SEND', SpanStatusCode.ERROR],
    ]);
  });

  it('of several topics are one of the producer, and a consumer’s for each', async () => {
    const topics = ['alarms', 'audit'];
    const { notifier, producers, consumers } = await setUp(hearing({ info: () => {} }, topics), topics);
    await notifier.info('e');
    await settle();
    const [producer] = producers();
    expect(producer?.name).toBe('publish');
    expect(producer?.attributes).toMatchObject({ 'messaging.batch.message_count': 2 });
    expect(producer?.attributes).not.toHaveProperty('messaging.destination.name');
    expect(consumers().map(({ name }) => name)).toEqual([
      'process openstack:alarms.info',
      'process openstack:audit.info',
    ]);
    const { spanId } = producer?.spanContext() ?? {};
    expect(consumers().map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual([spanId, spanId]);
  });

  it('of a batch are linked to the producers’, and below none of them', async () => {
    const { notifier, producers, consumers } = await setUp(hearingBatches(() => {}, ['alarms']));
    await Promise.all([notifier.info('first'), notifier.info('second')]);
    await settle();
    const [consumer] = consumers();
    expect(consumer).toMatchObject({ name: 'process openstack:alarms.info', parentSpanContext: undefined });
    expect(consumer?.links.map((link) => link.context.spanId)).toEqual(
      producers().map((producer) => producer.spanContext().spanId),
    );
    expect(consumer?.attributes).toEqual({
      ...messaging('process', 'process'),
      'messaging.destination.name': 'openstack:alarms.info',
      'messaging.rabbitmq.destination.routing_key': 'alarms.info',
      'messaging.batch.message_count': 2,
      'leveret.notification.priority': 'info',
      'leveret.notification.publisher_id': 'host-1',
    });
  });
});

it('sending and handling notifications is timed with what else is sent and processed', async () => {
  const { notifier, measured } = await setUp(hearing({ info: () => {} }));
  await notifier.info('e');
  await settle();
  expect(await measured()).toMatchObject({
    'messaging.client.operation.duration': [[messaging('publish', 'send'), 1]],
    'messaging.process.duration': [[messaging('process', 'process'), 1]],
  });
});
