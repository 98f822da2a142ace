import type { Attributes, Counter, Histogram, Meter, UpDownCounter } from '@opentelemetry/api';

/** In seconds, as the conventions for RPC advise. */
const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** What is measured. */
export interface Instruments {
  readonly callDuration: Histogram;
  readonly castDuration: Histogram;
  readonly requestDuration: Histogram;
  readonly processDuration: Histogram;
  readonly activeCalls: UpDownCounter;
  readonly activeRequests: UpDownCounter;
  readonly lateReplies: Histogram;
  readonly reconnects: Counter;
}

export function createInstruments(meter: Meter): Instruments {
  const seconds = (name: string, description: string): Histogram<Attributes> =>
    meter.createHistogram(name, { unit: 's', description, advice: { explicitBucketBoundaries: BOUNDARIES } });
  return {
    callDuration: seconds('rpc.client.call.duration', 'Duration of calls, from their begin to their result or error.'),
    castDuration: seconds(
      'messaging.client.operation.duration',
      'Duration of casts and notifications, until the broker has them.',
    ),
    requestDuration: seconds('rpc.server.call.duration', 'Duration of the methods of a server that were called.'),
    processDuration: seconds(
      'messaging.process.duration',
      'Duration of the methods that were cast to, and of handlers of notifications.',
    ),
    activeCalls: meter.createUpDownCounter('leveret.rpc.client.active_calls', {
      unit: '{call}',
      description: 'Calls and casts in flight.',
    }),
    activeRequests: meter.createUpDownCounter('leveret.rpc.server.active_requests', {
      unit: '{request}',
      description: 'Methods that run.',
    }),
    lateReplies: seconds('leveret.rpc.client.late_reply.delay', 'How long after the end of their call replies came.'),
    reconnects: meter.createCounter('leveret.transport.reconnects', {
      unit: '{reconnect}',
      description: 'Connections that were lost and are open again.',
    }),
  };
}
