import { sleep } from '@leveret/retry/sleep';
import type { Secret } from '@leveret/url';
import type { BrokerAddress } from '@leveret/url/rabbitmq';
import { formatHost, lostError } from './broker-errors.js';
import { askCredentials } from './credentials.js';
import { type Dialled, dial } from './dial.js';
import { dialTurns } from './dial-turns.js';
import { ConnectionClosedError, ConnectionLostError, ConnectionRefusedError, type TransportError } from './errors.js';
import { HostOrder } from './host-order.js';
import type { Link } from './link.js';
import { LinkHeartbeats } from './link-heartbeats.js';
import { openFirst } from './open-first.js';
import type { ResolvedOptions } from './options.js';
import { keepSecretFresh } from './secret-renewal.js';
import { onAbort } from './signal-listeners.js';
import { untilAborted } from './until-aborted.js';

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
  /**
   * The link is up; when this resolves the connection counts as open. A rejection fails the attempt. `alive` resolves if the
   * broker leaves this unanswered, and other things not: whoever can does not wait any longer.
   */
  moveIn(link: Link, alive: Promise<void>): Promise<void>;
  /** The link is gone; another follows. */
  moveOut(): void;
  /** A link was lost, or a round over all hosts has failed. */
  failed(error: TransportError): void;
  blockedChanged(blocked: boolean): void;
  /** No link follows any more. */
  evict(error: TransportError): void;
}

// A link that stays up this long was a success, and the backoff starts over; so it does after some that end sooner, but a
// broker that always lets us in and throws us out meets the backoff.
const STABLE_MS = 10_000;
const SHORT_LIVES = 5;

// An application that goes on publishing must not dial for each message a broker that has just refused it.
const REDIAL_MS = 1_000;

interface Opened extends Dialled {
  readonly address: BrokerAddress;
}

/** One connection to publish or to consume: a loop that dials, opens, waits for the end, and starts over. */
export class Connection {
  readonly #purpose: Purpose;
  readonly #hosts: HostOrder<BrokerAddress>;
  readonly #options: ResolvedOptions;
  readonly #tenant: Tenant;
  readonly #heartbeats: LinkHeartbeats = new LinkHeartbeats();
  #state: ConnectionState = { status: 'idle' };
  #loop: Promise<void> = Promise.resolve();
  #end = new AbortController();
  #link: Link | undefined;
  #newSecret: Secret | undefined;
  #everOpened = false;
  #gaveUpAt = Number.NEGATIVE_INFINITY;
  readonly #waiters = new Set<{ resolve(): void; reject(error: unknown): void }>();

  constructor(purpose: Purpose, addresses: readonly BrokerAddress[], options: ResolvedOptions, tenant: Tenant) {
    this.#purpose = purpose;
    this.#hosts = new HostOrder(addresses, options.hostOrder);
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
        stop?.();
        act();
      };
      const waiter = { resolve: () => settle(resolve), reject: (error: unknown) => settle(() => reject(error)) };
      const stop = signal && onAbort(signal, () => waiter.reject(signal.reason));
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

  /**
   * Tells the broker a new secret, and uses it for later dials in place of the URL's.
   * @throws ConnectionLostError when there is a broker to tell, and it does not say that it has it.
   */
  async updateSecret(newSecret: Secret, reason: string): Promise<void> {
    this.#newSecret = newSecret;
    const link = this.#link;
    if (link === undefined) return;
    const { connectTimeoutMs } = this.#options;
    const end = new AbortController();
    const limit = setTimeout(() => {
      const text = `${link.host} did not answer to a new secret within ${connectTimeoutMs} ms.`;
      end.abort(new ConnectionLostError(link.host, text));
    }, connectTimeoutMs);
    try {
      await untilAborted(link.updateSecret(newSecret, reason), end.signal);
    } finally {
      clearTimeout(limit);
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    let delays = this.#options.reconnectBackoff[Symbol.iterator]();
    let attempt = 1;
    let shortLives = 0;
    let turn = (): void => {};
    for (;;) {
      let error: TransportError;
      try {
        const opened = await this.#open(attempt, signal).finally(turn);
        const openedAt = performance.now();
        error = await this.#live(opened, signal);
        this.#hosts.failed(opened.address);
        const stable = performance.now() - openedAt >= STABLE_MS;
        shortLives = stable ? 0 : shortLives + 1;
        if (stable || shortLives <= SHORT_LIVES) {
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
        turn = await dialTurns.next(signal);
      } catch {
        return this.#giveUp(signal.reason);
      }
      this.#enter({ status: 'connecting', attempt });
    }
  }

  /** One round over all hosts: the first that is usable wins. A refusal stands only if every host refuses. */
  async #open(number: number, signal: AbortSignal): Promise<Opened> {
    const failures: (ConnectionLostError | ConnectionRefusedError)[] = [];
    const failed = (address: BrokerAddress, error: ConnectionLostError | ConnectionRefusedError) => {
      this.#hosts.failed(address);
      failures.push(error);
      const host = formatHost(address);
      this.#options.emit({ type: 'connection-attempt-failed', purpose: this.#purpose, host, error });
    };
    const { hostFallbackDelayMs } = this.#options;
    const opened = await openFirst<BrokerAddress, Opened>(
      this.#hosts.hosts,
      {
        fallbackDelayMs: hostFallbackDelayMs,
        dial: async (address, end) => ({ address, ...(await this.#dial(address, number, end)) }),
        use: ({ link }) => this.#moveIn(link, signal),
        close: ({ link }) => link.close(0),
        failed: (address, error) => failed(address, attemptError(formatHost(address), error)),
        outrun: (address, elapsedMs) => {
          const text = `had not completed the connection after ${Math.round(elapsedMs)} ms, when another host was ready`;
          failed(address, new ConnectionLostError(formatHost(address), `${formatHost(address)} ${text}.`));
        },
      },
      signal,
    );
    if (opened !== undefined) return opened;
    const lost = failures.findLast((error) => error instanceof ConnectionLostError);
    throw lost ?? failures.at(-1) ?? new ConnectionClosedError('The transport URL names no host.');
  }

  #dial(address: BrokerAddress, number: number, signal: AbortSignal): Promise<Dialled> {
    const host = formatHost(address);
    const purpose = this.#purpose;
    const { emit } = this.#options;
    return dial(address, {
      options: this.#options,
      purpose,
      number,
      newSecret: this.#newSecret,
      heartbeats: this.#heartbeats,
      signal,
      listener: {
        blocked: (link, reason) => {
          emit({ type: 'connection-blocked', purpose, host, reason });
          this.#setBlocked(link);
        },
        unblocked: (link) => {
          emit({ type: 'connection-unblocked', purpose, host });
          this.#setBlocked(link);
        },
        stalled: (gapMs) => emit({ type: 'event-loop-stalled', purpose, host, gapMs }),
      },
    });
  }

  async #moveIn(link: Link, signal: AbortSignal): Promise<void> {
    const onAbort = () => void link.close(0); // close() never rejects
    signal.addEventListener('abort', onAbort, { once: true });
    this.#link = link;
    let answers = (): void => {};
    const alive = new Promise<void>((resolve) => {
      answers = resolve;
    });
    const answered = link.expectAnswers(this.#options.connectTimeoutMs, answers);
    try {
      // A broker under an alarm says so right after the handshake, before the connection counts as open.
      this.#setBlocked(link);
      await this.#tenant.moveIn(link, alive);
      if (link.endReason !== undefined) throw link.endReason;
      signal.throwIfAborted();
    } catch (error) {
      this.#moveOut();
      const reason = link.endReason ?? error;
      await link.close(0);
      throw reason;
    } finally {
      answered();
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #live({ link, address, expiresInMs }: Opened, signal: AbortSignal): Promise<ConnectionLostError> {
    this.#everOpened = true;
    this.#enter({ status: 'open', host: link.host, blocked: link.blocked });
    this.#options.emit({ type: 'connection-opened', purpose: this.#purpose, host: link.host });
    for (const waiter of [...this.#waiters]) waiter.resolve();
    const end = new AbortController();
    if (expiresInMs !== undefined) void this.#keepSecretFresh(link, address, expiresInMs, end.signal); // never rejects
    const error = await link.ended;
    end.abort(error);
    this.#moveOut();
    this.#tenant.failed(error);
    if (!signal.aborted) {
      this.#options.emit({ type: 'connection-lost', purpose: this.#purpose, host: link.host, error });
    }
    return error;
  }

  #keepSecretFresh(link: Link, address: BrokerAddress, expiresInMs: number, signal: AbortSignal): Promise<void> {
    const { connectTimeoutMs, credentials, emit } = this.#options;
    const about = { purpose: this.#purpose, host: link.host };
    return keepSecretFresh(
      {
        link,
        expiresInMs,
        limitMs: connectTimeoutMs,
        ask: (end) => askCredentials(credentials, address, { number: 0, purpose: this.#purpose, signal: end }),
        told: (error) => {
          if (error === undefined) emit({ type: 'credentials-renewed', ...about });
          else emit({ type: 'credentials-renewal-failed', ...about, error });
        },
      },
      signal,
    );
  }

  #moveOut(): void {
    this.#link = undefined;
    this.#tenant.moveOut();
    this.#tenant.blockedChanged(false);
  }

  #setBlocked(link: Link): void {
    if (link !== this.#link) return;
    this.#tenant.blockedChanged(link.blocked);
    if (this.#state.status === 'open') this.#enter({ ...this.#state, blocked: link.blocked });
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

function attemptError(host: string, error: unknown): ConnectionLostError | ConnectionRefusedError {
  return error instanceof ConnectionRefusedError ? error : lostError(host, error);
}
