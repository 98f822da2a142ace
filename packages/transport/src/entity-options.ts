/**
 * How the queues and exchanges are declared that peers share: all of them must agree, or the broker refuses (406). A
 * transport declares none of its own accord; it keeps this for what is built on it, such as `@leveret/rpc`.
 */
export interface EntityOptions {
  /** Exchanges and queues of topics survive a broker restart. Default false. oslo: `amqp_durable_queues`. */
  readonly durable?: boolean;
  /** Exchanges and queues of topics go with their last user. Default false. oslo: `amqp_auto_delete`. */
  readonly autoDelete?: boolean;
  /** Queues of topics are quorum queues, hence durable. Default false. oslo: `rabbit_quorum_queue`. */
  readonly quorum?: boolean;
  /** Queues for replies and fanout are quorum queues, and durable as their exchange. Default false. oslo: `rabbit_transient_quorum_queue`. */
  readonly transientQuorum?: boolean;
  /** How often a quorum queue delivers a message before it drops it. Default 0: the broker's limit. oslo: `rabbit_quorum_delivery_limit`. */
  readonly quorumDeliveryLimit?: number;
  /** How many messages a quorum queue keeps in memory. Default 0: no limit. oslo: `rabbit_quorum_max_memory_length`. */
  readonly quorumMaxMemoryLength?: number;
  /** How many bytes a quorum queue keeps in memory. Default 0: no limit. oslo: `rabbit_quorum_max_memory_bytes`. */
  readonly quorumMaxMemoryBytes?: number;
  /** All queues say `x-ha-policy: all`, which brokers before 3.0 understood. Default false. oslo: `rabbit_ha_queues`. */
  readonly mirrored?: boolean;
  /**
   * When a queue for replies or fanout goes that nobody uses, and for how long a fanout stream keeps messages, in ms.
   * Default 1 800 000; 0: never, and for ever. oslo: `rabbit_transient_queues_ttl`.
   */
  readonly transientExpiresMs?: number;
  /**
   * One stream for each topic instead of a fanout queue for each server. Needs `transientQuorum`, and a `prefetch` above 0
   * that is given, since a stream has no end. Default false. oslo: `rabbit_stream_fanout`.
   */
  readonly streamFanout?: boolean;
  /** Consumers are cancelled when their queue moves to another node, and come back. Default false. oslo: `enable_cancel_on_failover`. */
  readonly cancelOnFailover?: boolean;
  /**
   * Queues for replies and fanout have names that a process finds again after it was restarted:
   * `<hostName>:<processName>:<n>` for the id. Default false. oslo: `use_queue_manager`.
   */
  readonly queueManager?: boolean;
  /** For `queueManager`. Default: the host's. oslo: `hostname`. */
  readonly hostName?: string;
  /** For `queueManager`. Default: the name of the program's file. oslo: `processname`. */
  readonly processName?: string;
}
