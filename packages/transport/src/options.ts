import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { type Backoff, exponential, jittered } from '@leveret/retry';
import { InvalidArgumentError } from './errors.js';
import type { TransportEvent } from './events.js';

/** How a transport behaves. All are optional. */
export interface TransportOptions {
  /** Hears everything that happens. What it throws is ignored: a listener never breaks a connection. */
  readonly onEvent?: (event: TransportEvent) => void;
  /** The peer is gone when silent for this long and a little more. Default 60 000; 0: none. oslo: `heartbeat_timeout_threshold`. */
  readonly heartbeatMs?: number;
  /** For TCP, TLS and the AMQP handshake together, per host. Default 5 000 (kombu's). */
  readonly connectTimeoutMs?: number;
  /**
   * The waits between rounds over all hosts, in ms; its end is the end of reconnecting. Default: exponential from 50 ms
   * to 30 s, full jitter, for ever. oslo: `rabbit_retry_interval`, `rabbit_retry_backoff`, `rabbit_interval_max`.
   */
  readonly reconnectBackoff?: Backoff;
  /** The order of hosts is shuffled for every connection, as kombu does; `'given'` keeps it. Default 'shuffle'. */
  readonly hostOrder?: 'shuffle' | 'given';
  /** Options of `node:tls` for `amqps:` and `?ssl=true`: `ca`, `cert`, `key`, `servername`, … */
  readonly tls?: TlsOptions;
  /** What the broker lists for this connection. Default: program name, pid and a uuid, as oslo. */
  readonly connectionName?: string;
  /** Largest frame in bytes, 4 096 to 131 072. Default 131 072. */
  readonly frameMax?: number;
  /** Messages that may wait for a connection or a confirm; one more is refused at once. Default 100 000. */
  readonly maxBuffered?: number;
}

/** The same, with nothing left open. */
export interface ResolvedOptions {
  readonly emit: (event: TransportEvent) => void;
  readonly heartbeatMs: number;
  readonly connectTimeoutMs: number;
  readonly reconnectBackoff: Backoff;
  readonly hostOrder: 'shuffle' | 'given';
  readonly tls: TlsOptions;
  readonly clientProperties: Readonly<Record<string, unknown>>;
  readonly frameMax: number;
  readonly maxBuffered: number;
}

const NAMES = new Set([
  'onEvent',
  'heartbeatMs',
  'connectTimeoutMs',
  'reconnectBackoff',
  'hostOrder',
  'tls',
  'connectionName',
  'frameMax',
  'maxBuffered',
]);

export function resolveOptions(options: TransportOptions, version: string): ResolvedOptions {
  for (const name of Object.keys(options)) {
    if (!NAMES.has(name)) {
      throw new InvalidArgumentError(`There is no transport option '${name}'; there are ${[...NAMES].join(', ')}.`);
    }
  }
  const { onEvent, hostOrder = 'shuffle' } = options;
  if (hostOrder !== 'shuffle' && hostOrder !== 'given') {
    throw new InvalidArgumentError("hostOrder must be 'shuffle' or 'given'.");
  }
  return {
    emit: onEvent === undefined ? () => {} : (event) => callListener(onEvent, event),
    heartbeatMs: wholeSeconds(inRange('heartbeatMs', options.heartbeatMs ?? 60_000, 0, 65_535_000)),
    connectTimeoutMs: inRange('connectTimeoutMs', options.connectTimeoutMs ?? 5_000, 1, 2 ** 31 - 1),
    reconnectBackoff: options.reconnectBackoff ?? jittered(exponential({ initialMs: 50, maxMs: 30_000 }), 'full'),
    hostOrder,
    tls: options.tls ?? {},
    clientProperties: {
      product: 'leveret',
      version,
      connection_name:
        options.connectionName ?? `${basename(process.argv[1] ?? 'node')}:${process.pid}:${randomUUID()}`,
    },
    frameMax: inRange('frameMax', options.frameMax ?? 131_072, 4_096, 131_072),
    maxBuffered: inRange('maxBuffered', options.maxBuffered ?? 100_000, 1, Number.MAX_SAFE_INTEGER),
  };
}

function callListener(onEvent: (event: TransportEvent) => void, event: TransportEvent): void {
  try {
    onEvent(event);
  } catch {
    // Promised in the docs: a listener that throws must not take a connection down with it.
  }
}

function wholeSeconds(ms: number): number {
  if (ms % 1000 !== 0)
    throw new InvalidArgumentError(`heartbeatMs must be whole seconds (AMQP knows no less), got ${ms}.`);
  return ms;
}

function inRange(name: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new InvalidArgumentError(`${name} must be a whole number from ${min} to ${max}, got ${value}.`);
  }
  return value;
}
