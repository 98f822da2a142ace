import { sleep } from '@leveret/retry/sleep';
import type { BrokerAddress } from '@leveret/url/rabbitmq';
import { formatHost } from './broker-errors.js';
import { ConnectionClosedError, ConnectionLostError, ConnectionRefusedError, type TransportError } from './errors.js';
import { dial, type Link } from './link.js';
import type { ResolvedOptions } from './options.js';

/** Which of the two connections: RabbitMQ blocks one that publishes under an alarm, and acks must not wait with it. */
export type Purpose = 'publish' | 'consume';

/** Where a connection's loop stands. */
export type ConnectionState =
  /** Not needed yet. */
  | { readonly status: 'idle' }
  /** Dialling, attempt by attempt over all hosts, or making channels and consumers. */
  | { readonly status: 'connecting'; readonly attempt: number }
  /** Pausing after a failed round over all hosts or a lost connection. */
  | { readonly status: 'waiting'; readonly attempt: number; readonly delayMs: number; readonly error: TransportError }
  /** Usable. `blocked`: the broker takes no publishes for now. */
  | { readonly status: 'open'; readonly host: string; readonly blocked: boolean }
  /** Over. With `error`: refused, or given up; the next use dials again. Without: closed by the application, for good. */
  | { readonly status: 'closed'; readonly error?: TransportError };

/** What lives on a connection, and is told when there is a link to live on. */
export interface Tenant {
  /** The link is up; when this resolves the connection counts as open. A rejection fails the attempt. */
  moveIn(link: Link): Promise<void>;
  /** The link is gone; another follows. */
  moveOut(): void;
  /** A link was lost, or a round over all hosts has failed. */
  failed(error: TransportError): void;
  blockedChanged(blocked: boolean): void;
  /** No link follows any more. */
  evict(error: TransportError): void;
}

// A link that stays up this long was a success; one that ends sooner goes on with the same backoff.
const STABLE_MS = 10_000;

// An application that goes on publishing must not dial for each message a broker that has just refused it.
const REDIAL_MS = 1_000;

/** One connection to publish or to consume: a loop that dials, opens, waits for the end, and starts over. */
export class Connection {
  readonly #purpose: Purpose;
  readonly #addresses: readonly BrokerAddress[];
  readonly #options: ResolvedOptions;
  readonly #tenant: Tenant;
  #state: ConnectionState = { status: 'idle' };
  #loop: Promise<void> = Promise.resolve();
  #end = new AbortController();
  #link: Link | undefined;
  #everOpened = false;
  #nextHost = 0;
  #gaveUpAt = Number.NEGATIVE_INFINITY;
  // A broker under an alarm says so right after the handshake, before the connection counts as open.
  #blockedEarly = false;
  readonly #waiters = new Set<{ resolve(): void; reject(error: unknown): void }>();

  constructor(purpose: Purpose, addresses: readonly BrokerAddress[], options: ResolvedOptions, tenant: Tenant) {
    this.#purpose = purpose;
    this.#addresses = options.hostOrder === 'shuffle' ? shuffled(addresses) : addresses;
    this.#options = options;
    this.#tenant = tenant;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get link(): Link | undefined {
    return this.#link;
  }

  /**
   * Starts the loop unless it runs.
   * @throws ConnectionClosedError after `close`; what ended the last loop, when that was just now.
   */
  start(): void {
    const state = this.#state;
    if (state.status !== 'idle' && state.status !== 'closed') return;
    if (state.status === 'closed') {
      if (state.error === undefined) throw closedError();
      if (performance.now() - this.#gaveUpAt < REDIAL_MS) throw state.error;
    }
    this.#end = new AbortController();
    this.#enter({ status: 'connecting', attempt: 1 });
    this.#loop = this.#run(this.#end.signal);
  }

  /** Resolves when open; dials at once, however recent the last refusal. @throws ConnectionRefusedError, ConnectionClosedError, `signal.reason`. */
  opened(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#gaveUpAt = Number.NEGATIVE_INFINITY;
    this.start();
    if (this.#state.status === 'open') return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        this.#waiters.delete(waiter);
        signal?.removeEventListener('abort', onAbort);
        act();
      };
      const waiter = { resolve: () => settle(resolve), reject: (error: unknown) => settle(() => reject(error)) };
      const onAbort = () => waiter.reject(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.add(waiter);
    });
  }

  /** Ends the loop from any state; the broker gets at most `limitMs` to say goodbye. Never rejects. */
  async close(limitMs: number): Promise<void> {
    this.#end.abort(closedError());
    const link = this.#link;
    this.#enter({ status: 'closed' });
    await link?.close(limitMs);
    await this.#loop;
  }

  async #run(signal: AbortSignal): Promise<void> {
    let delays = this.#options.reconnectBackoff[Symbol.iterator]();
    let attempt = 1;
    for (;;) {
      let error: TransportError;
      try {
        const link = await this.#open(signal);
        const openedAt = performance.now();
        error = await this.#live(link, signal);
        if (performance.now() - openedAt >= STABLE_MS) {
          delays = this.#options.reconnectBackoff[Symbol.iterator]();
          attempt = 0;
        }
      } catch (failure) {
        if (signal.aborted) return this.#giveUp(signal.reason);
        error = failure as TransportError;
        this.#tenant.failed(error);
        // Before the first success a refusal is an answer. Later it may be a broker that is still starting.
        if (error instanceof ConnectionRefusedError && !this.#everOpened) return this.#giveUp(error);
      }
      if (signal.aborted) return this.#giveUp(signal.reason);
      // A lost link counts as a failed attempt: clients of a broker that restarts do not all come back at once.
      const next = delays.next();
      if (next.done === true) {
        return this.#giveUp(
          new ConnectionClosedError(
            `Gave up connecting, ${attempt} ${attempt === 1 ? 'attempt' : 'attempts'} made: ${error.message}`,
            { cause: error },
          ),
        );
      }
      this.#enter({ status: 'waiting', attempt, delayMs: next.value, error });
      attempt += 1;
      try {
        await sleep(next.value, { signal });
      } catch {
        return this.#giveUp(signal.reason);
      }
      this.#enter({ status: 'connecting', attempt });
    }
  }

  /** One round over all hosts: the first that is usable wins. A refusal stands only if every host refuses. */
  async #open(signal: AbortSignal): Promise<Link> {
    let lost: ConnectionLostError | undefined;
    let refused: ConnectionRefusedError | undefined;
    const first = this.#nextHost;
    for (let i = 0; i < this.#addresses.length; i += 1) {
      const index = (first + i) % this.#addresses.length;
      const address = this.#addresses[index] as BrokerAddress;
      // A host that has just failed, or whose link is lost later, comes last.
      this.#nextHost = (index + 1) % this.#addresses.length;
      try {
        return await this.#openHost(address, signal);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (!(error instanceof ConnectionLostError || error instanceof ConnectionRefusedError)) throw error;
        if (error instanceof ConnectionRefusedError) refused = error;
        else lost = error;
        this.#options.emit({
          type: 'connection-attempt-failed',
          purpose: this.#purpose,
          host: formatHost(address),
          error,
        });
      }
    }
    throw lost ?? refused ?? new ConnectionClosedError('The transport URL names no host.');
  }

  async #openHost(address: BrokerAddress, signal: AbortSignal): Promise<Link> {
    const host = formatHost(address);
    const purpose = this.#purpose;
    const link = await dial(
      address,
      this.#options,
      {
        blocked: (reason) => {
          this.#options.emit({ type: 'connection-blocked', purpose, host, reason });
          this.#setBlocked(true);
        },
        unblocked: () => {
          this.#options.emit({ type: 'connection-unblocked', purpose, host });
          this.#setBlocked(false);
        },
        stalled: (gapMs) => this.#options.emit({ type: 'event-loop-stalled', purpose, host, gapMs }),
      },
      signal,
    );
    const onAbort = () => void link.close(0); // close() never rejects
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await this.#tenant.moveIn(link);
      signal.throwIfAborted();
      return link;
    } catch (error) {
      this.#moveOut();
      await link.close(0);
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #live(link: Link, signal: AbortSignal): Promise<ConnectionLostError> {
    this.#link = link;
    this.#everOpened = true;
    this.#enter({ status: 'open', host: link.host, blocked: this.#blockedEarly });
    this.#options.emit({ type: 'connection-opened', purpose: this.#purpose, host: link.host });
    for (const waiter of [...this.#waiters]) waiter.resolve();
    const error = await link.ended;
    this.#link = undefined;
    this.#moveOut();
    this.#tenant.failed(error);
    if (!signal.aborted) {
      this.#options.emit({ type: 'connection-lost', purpose: this.#purpose, host: link.host, error });
    }
    return error;
  }

  #moveOut(): void {
    this.#tenant.moveOut();
    this.#blockedEarly = false;
    this.#tenant.blockedChanged(false);
  }

  #setBlocked(blocked: boolean): void {
    this.#blockedEarly = blocked;
    this.#tenant.blockedChanged(blocked);
    if (this.#state.status === 'open') this.#enter({ ...this.#state, blocked });
  }

  #giveUp(error: TransportError): void {
    this.#gaveUpAt = performance.now();
    if (this.#state.status !== 'closed') this.#enter({ status: 'closed', error });
    this.#tenant.evict(error);
    for (const waiter of [...this.#waiters]) waiter.reject(error);
  }

  #enter(to: ConnectionState): void {
    const from = this.#state;
    if (from.status === 'closed' && from.error === undefined) return;
    this.#state = to;
    this.#options.emit({ type: 'state-changed', purpose: this.#purpose, from, to });
  }
}

function closedError(): ConnectionClosedError {
  return new ConnectionClosedError('This transport was closed by the application.');
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i -= 1) {
    const j = Math.floor(Math.random() * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}
