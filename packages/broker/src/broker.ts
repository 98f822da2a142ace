import type { ConnectionInfo } from './connection-info.js';
import type { Counts } from './counters.js';
import type { Faults } from './faults.js';
import type { BindingInfo, ChannelInfo, ConsumerInfo, ExchangeInfo, QueueInfo } from './inspection.js';
import type { Permissions } from './users.js';

/** What {@link Broker.restart} leaves. */
export interface RestartOptions {
  /** `durable`: durable entities and the persistent messages in durable queues, as a disk would have them. Default. */
  readonly keep?: 'durable' | 'nothing';
  /** How long nobody listens, in milliseconds. Default 0. */
  readonly downMs?: number;
}

/**
 * An AMQP 0-9-1 broker in this process, for development and tests. It behaves as RabbitMQ 3.10 does, as far as the README says;
 * nothing is kept on disk.
 */
export interface Broker extends AsyncDisposable {
  /** `amqp://guest:guest@127.0.0.1:PORT/%2F`: of the first user and the first virtual host. amqps:// with the option tls. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** The URL of a virtual host, as the first user or as another one. */
  urlOf(virtualHost: string, user?: { readonly username: string; readonly password: string }): string;

  /**
   * Ends it: clients are told (320 CONNECTION_FORCED) and given half a second to answer, then nothing is left: no socket, no
   * timer. Again is no error.
   */
  close(): Promise<void>;
  /** As a crash: all sockets are reset and nobody listens, and then it is there again on the same port. */
  restart(options?: RestartOptions): Promise<void>;
  /** As a shutdown: clients are told, the port is closed; durable entities and persistent messages stay for {@link start}. */
  stop(): Promise<void>;
  /** Listens again on the same port after {@link stop}. Throws a BrokerError when it runs, or the port is taken. */
  start(): Promise<void>;

  createVirtualHost(name: string): void;
  /** Deletes a virtual host with all that is in it; its connections are closed. */
  deleteVirtualHost(name: string): void;
  /** A user who may do everything in every virtual host, or what the permissions say. */
  addUser(username: string, password: string, permissions?: Permissions): void;
  /** Its connections are closed. */
  deleteUser(username: string): void;
  changePassword(username: string, password: string): void;
  setPermissions(username: string, permissions?: Permissions): void;
  /** Takes all permissions of all virtual hosts away: the user authenticates, and is refused every virtual host. */
  clearPermissions(username: string): void;

  /** Connections that have sent something, open or not yet. */
  connections(virtualHost?: string): ConnectionInfo[];
  channels(virtualHost?: string): ChannelInfo[];
  queues(virtualHost?: string): QueueInfo[];
  exchanges(virtualHost?: string): ExchangeInfo[];
  bindings(virtualHost?: string): BindingInfo[];
  consumers(virtualHost?: string): ConsumerInfo[];
  /** What it has done since it was started first; restarts go on counting. */
  counts(): Counts;
  /**
   * Resolves when nothing is in flight: nothing half-read or unwritten, every message that a consumer could have is delivered
   * and settled, no confirm is owed; and it stayed so for 20 ms. Messages without a consumer may lie in queues.
   *
   * Throws a BrokerError (ERR_LEVERET_BROKER_NOT_IDLE) that says what is still going on after `timeoutMs`, default 5000.
   */
  idle(options?: { readonly timeoutMs?: number }): Promise<void>;
  /** What can be made to go wrong. */
  readonly faults: Faults;
}
