import type { EntityOptions } from './entity-options.js';
import { InvalidArgumentError } from './errors.js';

/**
 * Refuses what oslo.messaging refuses, in its words: "Configuration Error".
 * @throws InvalidArgumentError
 */
export function checkCombinations(entities: Required<EntityOptions>, prefetch: number | undefined): void {
  const { mirrored, quorum, transientQuorum, streamFanout } = entities;
  if (mirrored && (quorum || transientQuorum)) {
    throw refused(
      'a queue is a quorum queue or mirrored, not both: leave out rabbit_ha_queues (entities.mirrored), which no broker since 3.0 heeds.',
    );
  }
  if (streamFanout && !(prefetch !== undefined && prefetch > 0)) {
    throw refused(
      'rabbit_stream_fanout (entities.streamFanout) needs rabbit_qos_prefetch_count (prefetch) to be set, and greater than 0: a stream has no end.',
    );
  }
  if (streamFanout && !transientQuorum) {
    throw refused(
      'rabbit_stream_fanout (entities.streamFanout) needs rabbit_transient_quorum_queue (entities.transientQuorum).',
    );
  }
}

function refused(reason: string): InvalidArgumentError {
  return new InvalidArgumentError(`Configuration Error: ${reason}`);
}
