import { setTimeout as delay } from 'node:timers/promises';
import type { Broker, RestartOptions } from './broker.js';
import { BrokerCore } from './broker-core.js';
import type { ConnectionInfo } from './connection-info.js';
import type { Counts } from './counters.js';
import { BrokerError } from './errors.js';
import { FaultBox } from './fault-box.js';
import type { Faults } from './faults.js';
import { waitUntilIdle } from './idle.js';
import { channelsOf, consumersOf } from './inspect.js';
import type { BindingInfo, ChannelInfo, ConsumerInfo, ExchangeInfo, QueueInfo } from './inspection.js';
import { type Listener, listen } from './listener.js';
import { type BrokerOptions, resolveOptions, type Settings } from './options.js';
import type { Permissions } from './users.js';

// How long clients may take to say goodbye.
const GOODBYE_MS = 500;

/** Starts a broker. Throws a BrokerError for options that cannot be, and for a port that cannot be had. */
export async function startBroker(options?: BrokerOptions): Promise<Broker> {
  const broker = new EmbeddedBroker(resolveOptions(options));
  await broker.start();
  return broker;
}

// Everything inside is private, passwords among it: what inspects a broker sees nothing of it.
class EmbeddedBroker implements Broker {
  readonly faults: Faults;
  readonly #core: BrokerCore;
  readonly #settings: Settings;
  #state: 'stopped' | 'running' | 'closed' = 'stopped';
  #listener: Listener | undefined;
  #port: number;
  // Starting, stopping, restarting and closing happen one after the other, in the order in which they are asked for.
  #turn: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;
  readonly #closing = new AbortController();

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#port = settings.port;
    this.#core = new BrokerCore(settings);
    this.faults = new FaultBox(this.#core);
  }

  get host(): string {
    return this.#settings.host;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return this.urlOf(this.#settings.virtualHosts[0] ?? '/');
  }

  urlOf(virtualHost: string, user?: { readonly username: string; readonly password: string }): string {
    const { username, password } = user ?? firstUser(this.#settings);
    const scheme = this.#settings.tls === undefined ? 'amqp' : 'amqps';
    const credentials = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
    return `${scheme}://${credentials}@${reachable(this.host)}:${this.port}/${encodeURIComponent(virtualHost)}`;
  }

  start(): Promise<void> {
    return this.#inTurn(() => this.#start());
  }

  stop(): Promise<void> {
    return this.#inTurn(async () => {
      this.#demand('running', 'stopped');
      this.#state = 'stopped';
      await this.#shutDown();
      for (const host of this.#core.virtualHosts()) host.restart('durable');
    });
  }

  restart({ keep = 'durable', downMs = 0 }: RestartOptions = {}): Promise<void> {
    return this.#inTurn(async () => {
      this.#demand('running', 'restarted');
      this.#state = 'stopped';
      const closed = this.#listener?.close();
      for (const host of this.#core.virtualHosts()) host.suspend();
      for (const session of this.#core.sessions()) session.wire.reset('the broker restarts');
      await Promise.all([closed, this.#core.empty()]);
      for (const host of this.#core.virtualHosts()) host.restart(keep);
      if (downMs > 0) await this.#waitUnlessClosing(downMs);
      if (!this.#closing.signal.aborted) await this.#start();
    });
  }

  close(): Promise<void> {
    this.#closing.abort();
    this.#closed ??= this.#inTurn(async () => {
      const running = this.#state === 'running';
      this.#state = 'closed';
      if (running) await this.#shutDown();
      for (const host of this.#core.virtualHosts()) host.close();
    });
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  createVirtualHost(name: string): void {
    this.#core.createVirtualHost(name);
  }

  deleteVirtualHost(name: string): void {
    this.#core.deleteVirtualHost(name);
  }

  addUser(username: string, password: string, permissions?: Permissions): void {
    this.#core.users.add(username, password, permissions);
  }

  deleteUser(username: string): void {
    this.#core.deleteUser(username);
  }

  changePassword(username: string, password: string): void {
    this.#core.users.changePassword(username, password);
  }

  setPermissions(username: string, permissions?: Permissions): void {
    this.#core.users.permit(username, permissions);
  }

  clearPermissions(username: string): void {
    this.#core.users.clearPermissions(username);
  }

  connections(virtualHost?: string): ConnectionInfo[] {
    return this.#core.sessionsIn(virtualHost).map((session) => session.info());
  }

  channels(virtualHost?: string): ChannelInfo[] {
    return this.#core.sessionsIn(virtualHost).flatMap(channelsOf);
  }

  consumers(virtualHost?: string): ConsumerInfo[] {
    return this.#core.sessionsIn(virtualHost).flatMap(consumersOf);
  }

  queues(virtualHost?: string): QueueInfo[] {
    return this.#core.virtualHosts(virtualHost).flatMap((host) => host.queues());
  }

  exchanges(virtualHost?: string): ExchangeInfo[] {
    return this.#core.virtualHosts(virtualHost).flatMap((host) => host.exchanges());
  }

  bindings(virtualHost?: string): BindingInfo[] {
    return this.#core.virtualHosts(virtualHost).flatMap((host) => host.bindings());
  }

  counts(): Counts {
    return { ...this.#core.counters };
  }

  idle(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    return waitUntilIdle(this.#core, options.timeoutMs ?? 5_000);
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(act);
    // Whoever asked for it hears of its failure; the next one begins all the same.
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #start(): Promise<void> {
    this.#demand('stopped', 'started');
    this.#state = 'running';
    const { tls, limits } = this.#settings;
    try {
      this.#listener = await listen(
        { host: this.host, port: this.#port, tls, handshakeTimeoutMs: limits.handshakeTimeoutMs },
        (socket, reset) => this.#core.accept(socket, reset, this.#state === 'running'),
        (peer, reason) => this.#core.tell({ type: 'connection-rejected', peer, reason }),
      );
    } catch (error) {
      this.#state = 'stopped';
      throw error;
    }
    this.#port = this.#listener.port;
  }

  async #waitUnlessClosing(ms: number): Promise<void> {
    const { signal } = this.#closing;
    await delay(ms, undefined, { signal }).catch((error) => {
      if (!signal.aborted) throw error;
    });
  }

  async #shutDown(): Promise<void> {
    const closed = this.#listener?.close();
    for (const session of this.#core.sessions()) {
      session.wire.thaw(true);
      session.shutDown();
    }
    const patience = setTimeout(() => {
      for (const session of this.#core.sessions()) session.wire.drop('the broker shut down');
    }, GOODBYE_MS);
    await Promise.all([closed, this.#core.empty()]);
    clearTimeout(patience);
  }

  #demand(state: 'stopped' | 'running', what: string): void {
    if (this.#state === state) return;
    throw new BrokerError('ERR_LEVERET_BROKER_STATE', `The broker was to be ${what}, but it is ${this.#state}.`);
  }
}

function firstUser({ users }: Settings): { readonly username: string; readonly password: string } {
  const [[username, password] = ['', '']] = users;
  return { username, password };
}

/** The host part of a URL: an address to dial, where the broker listens on all. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
