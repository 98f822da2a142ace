import { hostname } from 'node:os';
import { basename } from 'node:path';
import type { EntityOptions } from './entity-options.js';
import { flag, text, wholeNumber } from './option-kinds.js';
import { inSeconds, type OptionRow, same } from './option-row.js';

/** The rows of `entities`. */
export const ENTITY_TABLE: { readonly [Name in keyof EntityOptions]-?: OptionRow<NonNullable<EntityOptions[Name]>> } = {
  durable: {
    kind: flag,
    default: false,
    means: 'exchanges and queues of topics survive a broker restart',
    oslo: same('amqp_durable_queues'),
  },
  autoDelete: {
    kind: flag,
    default: false,
    means: 'exchanges and queues of topics go with their last user',
    oslo: same('amqp_auto_delete'),
  },
  quorum: {
    kind: flag,
    default: false,
    means: 'queues of topics are quorum queues, hence durable',
    oslo: same('rabbit_quorum_queue'),
  },
  transientQuorum: {
    kind: flag,
    default: false,
    means: 'queues for replies and fanout are quorum queues',
    oslo: same('rabbit_transient_quorum_queue'),
  },
  quorumDeliveryLimit: {
    kind: wholeNumber(0, 2 ** 31 - 1),
    default: 0,
    means: 'how often a quorum queue delivers a message before it drops it; 0: the broker’s limit',
    oslo: same('rabbit_quorum_delivery_limit'),
  },
  quorumMaxMemoryLength: {
    kind: wholeNumber(0, Number.MAX_SAFE_INTEGER),
    default: 0,
    means: 'how many messages a quorum queue keeps in memory; 0: no limit',
    oslo: same('rabbit_quorum_max_memory_length'),
  },
  quorumMaxMemoryBytes: {
    kind: wholeNumber(0, Number.MAX_SAFE_INTEGER),
    default: 0,
    means: 'how many bytes a quorum queue keeps in memory; 0: no limit',
    oslo: same('rabbit_quorum_max_memory_bytes'),
  },
  mirrored: {
    kind: flag,
    default: false,
    means: 'all queues say `x-ha-policy: all`, which brokers before 3.0 understood',
    oslo: same('rabbit_ha_queues'),
  },
  transientExpiresMs: {
    kind: wholeNumber(0, 2 ** 31 - 1),
    default: 1_800_000,
    means:
      'when a queue for replies or fanout goes that nobody uses; how long a fanout stream keeps messages; 0: never, for ever',
    oslo: inSeconds('rabbit_transient_queues_ttl'),
  },
  streamFanout: {
    kind: flag,
    default: false,
    means:
      'one stream for each topic instead of a fanout queue for each server; needs `transientQuorum` and a `prefetch`',
    oslo: same('rabbit_stream_fanout'),
  },
  cancelOnFailover: {
    kind: flag,
    default: false,
    means: 'consumers are cancelled when their queue moves to another node, and come back',
    oslo: same('enable_cancel_on_failover'),
  },
  queueManager: {
    kind: flag,
    default: false,
    means: 'queues for replies and fanout have names that a restarted process finds again',
    oslo: same('use_queue_manager'),
  },
  hostName: {
    kind: text,
    default: hostname(),
    defaultText: 'of the host',
    means: 'for `queueManager`',
    oslo: same('hostname'),
  },
  processName: {
    kind: text,
    default: basename(process.argv[1] ?? 'node'),
    defaultText: 'of the program’s file',
    means: 'for `queueManager`',
    oslo: same('processname'),
  },
};
