import type { ChannelInfo, ConsumerInfo } from './inspection.js';
import type { Session } from './session.js';

/** The channels of a connection as plain data. */
export function channelsOf(session: Session): ChannelInfo[] {
  return session.channels.map(({ number, confirms, consuming }) => ({
    connection: session.name,
    virtualHost: session.virtualHost.name,
    number,
    confirms: confirms !== undefined,
    consumers: consuming.consumers.length,
    unacknowledged: consuming.unsettled.size,
    prefetchCount: consuming.prefetch.consumer,
    globalPrefetchCount: consuming.prefetch.channel,
  }));
}

/** The consumers of a connection as plain data. */
export function consumersOf(session: Session): ConsumerInfo[] {
  return session.channels.flatMap(({ number, consuming }) =>
    consuming.consumers.map(({ queue, tag, noAck, exclusive, priority, prefetch, held }) => ({
      virtualHost: queue.virtualHost,
      queue: queue.name,
      consumerTag: tag,
      connection: session.name,
      channel: number,
      noAck,
      exclusive,
      priority,
      prefetchCount: prefetch,
      unacknowledged: held,
    })),
  );
}
