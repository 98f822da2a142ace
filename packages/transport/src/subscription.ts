import { exponential, jittered } from '@leveret/retry';
import { sleep } from '@leveret/retry/sleep';
import type { ConsumeOptions, Consumer, Delivery } from './consumers.js';
import type { Source } from './entities.js';
import { ConnectionClosedError, ConnectionLostError, type TransportError } from './errors.js';
import type { Link } from './link.js';
import type { ResolvedOptions } from './options.js';
import { openSession, type Session } from './session.js';

// A queue that was deleted is back at once; one that has moved with its node, soon.
const RESUBSCRIBE = jittered(exponential({ initialMs: 20, maxMs: 1_000 }), 'equal');

/** One consumer over any number of links and sessions. */
export class Subscription implements Consumer {
  readonly queue: string;
  /** Settles with the first session, or with what made it impossible. */
  readonly started: Promise<void>;
  readonly #source: Source;
  readonly #handle: (delivery: Delivery) => void;
  readonly #consume: ConsumeOptions;
  readonly #options: ResolvedOptions;
  readonly #cancelled = new AbortController();
  #session: Session | undefined;
  #everStarted = false;
  #resolveStarted!: () => void;
  #rejectStarted!: (error: unknown) => void;

  constructor(source: Source, handle: (delivery: Delivery) => void, consume: ConsumeOptions, options: ResolvedOptions) {
    this.queue = source.queue.name;
    this.#source = source;
    this.#handle = handle;
    this.#consume = consume;
    this.#options = options;
    this.started = new Promise((resolve, reject) => {
      this.#resolveStarted = resolve;
      this.#rejectStarted = reject;
    });
    // consume() hands it to its caller; where that wait was given up, nobody is left to hear it.
    this.started.catch(() => {});
  }

  get active(): boolean {
    return this.#session?.active === true;
  }

  get cancelled(): AbortSignal {
    return this.#cancelled.signal;
  }

  /** Subscribes on a new link, and again there whenever the broker ends it. @throws ConnectionLostError. */
  async attach(link: Link): Promise<void> {
    const first = await this.#subscribe(link);
    void this.#stay(link, first); // never rejects
  }

  async cancel(): Promise<void> {
    this.fail(new ConnectionClosedError(`The consumer of queue '${this.queue}' was cancelled before it started.`));
    await this.#session?.cancel();
  }

  /** Ends the wait for the first session, and the subscription with it. */
  fail(error: unknown): void {
    this.#cancelled.abort();
    this.#rejectStarted(error);
  }

  async #stay(link: Link, first: Session | TransportError | undefined): Promise<void> {
    let current = first;
    let delays = RESUBSCRIBE[Symbol.iterator]();
    while (current !== undefined) {
      let error: TransportError | undefined;
      if (current instanceof Error) error = current;
      else {
        error = await current.ended;
        delays = RESUBSCRIBE[Symbol.iterator]();
      }
      if (error === undefined || link.endReason !== undefined || this.#cancelled.signal.aborted) return;
      this.#options.emit({ type: 'consumer-interrupted', queue: this.queue, error });
      try {
        await sleep(delays.next().value ?? 1_000, { signal: this.#cancelled.signal });
        current = await this.#subscribe(link);
      } catch {
        // Cancelled, or the link is gone: the next one attaches anew.
        return;
      }
    }
  }

  /** A session, or what the broker refused; nothing when there is none to have. */
  async #subscribe(link: Link): Promise<Session | TransportError | undefined> {
    if (this.#cancelled.signal.aborted) return undefined;
    try {
      const session = await openSession(link, this.#source, this.#consume, this.#handle);
      this.#session = session;
      if (this.#cancelled.signal.aborted) {
        await session.cancel();
        return undefined;
      }
      this.#options.emit({ type: 'consumer-started', queue: this.queue, restored: this.#everStarted });
      this.#everStarted = true;
      this.#resolveStarted();
      return session;
    } catch (error) {
      if (error instanceof ConnectionLostError) throw error;
      if (this.#everStarted) return error as TransportError;
      this.fail(error);
      return undefined;
    }
  }
}
