import { anyCase, choice, flag, type Kind, number, text, wholeNumber } from './option-kinds.js';

/**
 * The options of oslo.messaging's group `[oslo_messaging_rabbit]`, under their own names and in their own units. What has
 * no effect here is accepted, and told in an event. A value may be text, as in a configuration file.
 */
export interface OsloOptions {
  readonly amqp_auto_delete?: boolean | string;
  readonly amqp_durable_queues?: boolean | string;
  readonly conn_pool_min_size?: number | string;
  readonly conn_pool_ttl?: number | string;
  readonly direct_mandatory_flag?: boolean | string;
  readonly enable_cancel_on_failover?: boolean | string;
  readonly heartbeat_in_pthread?: boolean | string;
  readonly heartbeat_rate?: number | string;
  /** Seconds. */
  readonly heartbeat_timeout_threshold?: number | string;
  readonly hostname?: string;
  readonly kombu_compression?: string;
  readonly kombu_failover_strategy?: string;
  /** Seconds. */
  readonly kombu_missing_consumer_retry_timeout?: number | string;
  /** Seconds. */
  readonly kombu_reconnect_delay?: number | string;
  /** Seconds. */
  readonly kombu_reconnect_splay?: number | string;
  readonly processname?: string;
  readonly rabbit_ha_queues?: boolean | string;
  /** Seconds. */
  readonly rabbit_interval_max?: number | string;
  readonly rabbit_login_method?: string;
  readonly rabbit_qos_prefetch_count?: number | string;
  readonly rabbit_quorum_delivery_limit?: number | string;
  readonly rabbit_quorum_max_memory_bytes?: number | string;
  readonly rabbit_quorum_max_memory_length?: number | string;
  readonly rabbit_quorum_queue?: boolean | string;
  /** Seconds. */
  readonly rabbit_retry_backoff?: number | string;
  /** Seconds. */
  readonly rabbit_retry_interval?: number | string;
  readonly rabbit_stream_fanout?: boolean | string;
  /** Seconds. */
  readonly rabbit_transient_queues_ttl?: number | string;
  readonly rabbit_transient_quorum_queue?: boolean | string;
  readonly rpc_conn_pool_size?: number | string;
  readonly ssl?: boolean | string;
  readonly ssl_ca_file?: string;
  readonly ssl_cert_file?: string;
  readonly ssl_enforce_fips_mode?: boolean | string;
  readonly ssl_enforce_hostname_verification?: boolean | string;
  readonly ssl_key_file?: string;
  readonly ssl_version?: string;
  readonly use_queue_manager?: boolean | string;
}

export type OsloName = keyof OsloOptions;

/** The values, checked and read out of their texts. */
export type OsloValues = { readonly [Name in OsloName]?: OsloValue<Name> };

export type OsloValue<Name extends OsloName> =
  Extract<OsloOptions[Name], boolean | number> extends never ? string : Extract<OsloOptions[Name], boolean | number>;

/** All there is to know about one of oslo's options; what it sets is said by the table of ours. */
export interface OsloRow {
  readonly kind: Kind<boolean | number | string>;
  /** Of oslo.messaging's master. It counts nowhere here: what is not given is left to our defaults. */
  readonly default: boolean | number | string | null;
  /** Of oslo.messaging 14.0.3, where it is another. */
  readonly default14?: boolean | number | string;
  readonly unit?: 's';
  /** The only one of the two that has it. */
  readonly only?: '14.0.3' | 'master';
  /** Other spellings: older names, and the slips of 14.0.3. */
  readonly aliases?: readonly string[];
  /** Set for an option that means nothing here: why. */
  readonly noEffect?: string;
}

const seconds = wholeNumber(0, 2_147_483);
const count = wholeNumber(0, 2 ** 31 - 1);
const file = text;

// No connection is taken from a pool: one publishes for everybody, with as many unconfirmed messages as there are.
const NO_POOL = 'there is no pool: one connection publishes for all';

export const OSLO_OPTIONS: { readonly [Name in OsloName]-?: OsloRow } = {
  amqp_auto_delete: { kind: flag, default: false },
  amqp_durable_queues: { kind: flag, default: false },
  conn_pool_min_size: { kind: count, default: 2, noEffect: NO_POOL },
  conn_pool_ttl: { kind: count, default: 1200, unit: 's', noEffect: NO_POOL },
  direct_mandatory_flag: {
    kind: flag,
    default: true,
    noEffect: 'replies are always mandatory, as the option’s deprecation announces',
  },
  enable_cancel_on_failover: { kind: flag, default: false },
  heartbeat_in_pthread: {
    kind: flag,
    default: false,
    only: '14.0.3',
    noEffect: 'heartbeats need no thread: they outlast a busy event loop for as long as the broker allows',
  },
  heartbeat_rate: {
    kind: count,
    default: 3,
    default14: 2,
    noEffect: 'a heartbeat goes out after a quarter of the interval in any case',
  },
  heartbeat_timeout_threshold: { kind: wholeNumber(0, 65_535), default: 60, unit: 's' },
  hostname: { kind: text, default: null, only: 'master' },
  kombu_compression: { kind: text, default: null },
  kombu_failover_strategy: { kind: choice('round-robin', 'shuffle'), default: 'round-robin' },
  kombu_missing_consumer_retry_timeout: {
    kind: seconds,
    default: 60,
    unit: 's',
    aliases: ['kombu_reconnect_timeout'],
  },
  kombu_reconnect_delay: { kind: number(0, 4.5), default: 1, unit: 's' },
  kombu_reconnect_splay: { kind: number(0, 2_147_483), default: 0, unit: 's', only: 'master' },
  processname: { kind: text, default: null, only: 'master' },
  rabbit_ha_queues: { kind: flag, default: false },
  rabbit_interval_max: { kind: wholeNumber(1, 2_147_483), default: 30, unit: 's' },
  rabbit_login_method: {
    kind: choice('PLAIN', 'AMQPLAIN', 'EXTERNAL', 'RABBIT-CR-DEMO'),
    default: 'AMQPLAIN',
  },
  rabbit_qos_prefetch_count: { kind: wholeNumber(0, 65_535), default: 0 },
  rabbit_quorum_delivery_limit: { kind: count, default: 0 },
  rabbit_quorum_max_memory_bytes: {
    kind: wholeNumber(0, Number.MAX_SAFE_INTEGER),
    default: 0,
    aliases: ['rabbit_quroum_max_memory_bytes'],
  },
  rabbit_quorum_max_memory_length: {
    kind: wholeNumber(0, Number.MAX_SAFE_INTEGER),
    default: 0,
    aliases: ['rabbit_quroum_max_memory_length'],
  },
  rabbit_quorum_queue: { kind: flag, default: false },
  rabbit_retry_backoff: { kind: seconds, default: 2, unit: 's' },
  rabbit_retry_interval: { kind: wholeNumber(1, 2_147_483), default: 1, unit: 's' },
  rabbit_stream_fanout: { kind: flag, default: false, only: 'master' },
  rabbit_transient_queues_ttl: { kind: seconds, default: 1800, unit: 's' },
  rabbit_transient_quorum_queue: { kind: flag, default: false, only: 'master' },
  rpc_conn_pool_size: { kind: wholeNumber(1, 2 ** 31 - 1), default: 30, noEffect: NO_POOL },
  ssl: { kind: flag, default: false, aliases: ['rabbit_use_ssl'] },
  ssl_ca_file: { kind: file, default: '', aliases: ['kombu_ssl_ca_certs'] },
  ssl_cert_file: { kind: file, default: '', aliases: ['kombu_ssl_certfile'] },
  ssl_enforce_fips_mode: {
    kind: flag,
    default: false,
    noEffect: 'whether the cryptography is FIPS’s is a setting of Node.js and its OpenSSL',
  },
  ssl_enforce_hostname_verification: { kind: flag, default: true, default14: false },
  ssl_key_file: { kind: file, default: '', aliases: ['kombu_ssl_keyfile'] },
  ssl_version: {
    kind: anyCase('TLSv1', 'TLSv1_1', 'TLSv1_2', 'SSLv23'),
    default: '',
    aliases: ['kombu_ssl_version'],
  },
  use_queue_manager: { kind: flag, default: false, only: 'master' },
};
