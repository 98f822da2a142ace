import { exponential, jittered } from '@leveret/retry/backoff';
import { sleep } from '@leveret/retry/sleep';
import type { ConsumeOptions } from './consume-options.js';
import { type ConsumerEnd, EndJudge } from './consumer-end.js';
import type { Delivery } from './delivery.js';
import type { Binding, Source } from './entities.js';
import {
  ConnectionClosedError,
  ConnectionLostError,
  DestinationNotFoundError,
  type TransportError,
  UnansweredError,
} from './errors.js';
import type { Link } from './link.js';
import type { ResolvedOptions } from './options.js';
import { openSession, type Session } from './session.js';
import { settledWithin } from './settled-within.js';

// A queue that was deleted is back at once; one that has moved with its node, soon.
const RESUBSCRIBE = jittered(exponential({ initialMs: 20, maxMs: 1_000 }), 'equal');

// How long a cancel waits for a declare under way: what comes of it later is given back.
const SETTLE_MS = 500;

/** One consumer over any number of links and sessions. */
export class Subscription {
  /** Settles with the first session, or with what made it impossible. */
  readonly started: Promise<void>;
  readonly closed: Promise<ConsumerEnd>;
  readonly #source: Source;
  readonly #handle: (delivery: Delivery) => void;
  readonly #consume: ConsumeOptions;
  readonly #options: ResolvedOptions;
  readonly #onOver: () => void;
  readonly #judge: EndJudge;
  readonly #over = new AbortController();
  #queue: string;
  #bindings: readonly Binding[];
  #session: Session | undefined;
  #subscribing: Promise<unknown> = Promise.resolve();
  #holds = 0;
  #released: (() => void)[] = [];
  #everStarted = false;
  #lastError: TransportError | undefined;
  #triedTwice = false;
  #resolveStarted!: () => void;
  #rejectStarted!: (error: unknown) => void;
  #resolveClosed!: (end: ConsumerEnd) => void;

  /** @param onOver hears once that it is over, for whatever reason. */
  constructor(
    source: Source,
    handle: (delivery: Delivery) => void,
    consume: ConsumeOptions,
    options: ResolvedOptions,
    onOver: () => void,
  ) {
    this.#queue = source.queue.name;
    this.#source = source;
    this.#bindings = source.bindings ?? [];
    this.#handle = handle;
    this.#consume = consume;
    this.#options = options;
    this.#onOver = onOver;
    this.#judge = new EndJudge(consume.lockTimeoutMs ?? defaultLockTimeoutMs(options.heartbeatMs));
    this.started = new Promise((resolve, reject) => {
      this.#resolveStarted = resolve;
      this.#rejectStarted = reject;
    });
    // consume() hands it to its caller; where that wait was given up, nobody is left to hear it.
    this.started.catch(() => {});
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  get everStarted(): boolean {
    return this.#everStarted;
  }

  /** The name it has now. */
  get queue(): string {
    return this.#queue;
  }

  get active(): boolean {
    return this.#session?.active === true;
  }

  /** What was refused or interrupted since it last received. */
  get lastError(): TransportError | undefined {
    return this.#lastError;
  }

  /** Subscribes on a new link, and again there whenever the broker ends it. @throws ConnectionLostError. */
  async attach(link: Link): Promise<void> {
    if (this.#holds > 0) {
      void this.#attachWhenReleased(link); // never rejects
      return;
    }
    const first = await this.#subscribe(link);
    void this.#stay(link, first); // never rejects
  }

  /** Stops the messages, for good. Never rejects. */
  async cancel(): Promise<void> {
    this.end({ reason: 'cancelled' });
    await settledWithin(this.#subscribing, SETTLE_MS);
    await this.#session?.cancel();
  }

  /** It is over, and no session follows. */
  end(end: ConsumerEnd): void {
    if (this.#over.signal.aborted) return;
    if (this.#everStarted) this.#options.emit({ type: 'consumer-ended', queue: this.#queue, ...end });
    this.#stop(
      end,
      end.error ?? new ConnectionClosedError(`The consumer of queue '${this.#queue}' was cancelled before it started.`),
    );
    void this.#session?.cancel(); // never rejects
  }

  /** Ends the wait for the first session, and the subscription with it. */
  fail(error: unknown): void {
    if (!this.#over.signal.aborted) this.#stop({ reason: 'cancelled' }, error);
  }

  /** Declares nothing from now on until `release`; resolves when nothing of it is under way. */
  async hold(): Promise<void> {
    this.#holds += 1;
    await this.#subscribing.catch(() => {});
  }

  release(): void {
    this.#holds -= 1;
    if (this.#holds === 0) for (const released of this.#released.splice(0)) released();
  }

  /** What it binds its queue to from now on. */
  keepBinding(binding: Binding): void {
    if (!this.#bindings.some((kept) => isSame(kept, binding))) this.#bindings = [...this.#bindings, binding];
  }

  forgetBindings(which: (binding: Binding) => boolean): void {
    this.#bindings = this.#bindings.filter((binding) => !which(binding));
  }

  #stop(end: ConsumerEnd, error: unknown): void {
    this.#over.abort();
    this.#rejectStarted(error);
    this.#resolveClosed(end);
    this.#onOver();
  }

  async #attachWhenReleased(link: Link): Promise<void> {
    await this.#free();
    // A link that is lost meanwhile is followed by another, which attaches anew.
    if (link.endReason === undefined) await this.attach(link).catch(() => {});
  }

  #free(): Promise<void> {
    return this.#holds === 0 ? Promise.resolve() : new Promise((resolve) => this.#released.push(resolve));
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
      await this.#free();
      if (error === undefined || link.endReason !== undefined || this.#over.signal.aborted) return;
      this.#lastError = error;
      if (this.#everStarted) this.#options.emit({ type: 'consumer-interrupted', queue: this.#queue, error });
      try {
        await sleep(delays.next().value ?? 1_000, { signal: this.#over.signal });
        current = await this.#subscribe(link, error);
      } catch {
        // Over, or the link is gone: the next one attaches anew.
        return;
      }
    }
  }

  /** A session, or what the broker refused; nothing when there is none to have. */
  async #subscribe(link: Link, interruption?: TransportError): Promise<Session | TransportError | undefined> {
    if (this.#over.signal.aborted) return undefined;
    const opening = this.#open(link, interruption);
    this.#subscribing = opening;
    const { answerTimeoutMs } = this.#consume;
    if (answerTimeoutMs !== undefined) void this.#expectAnswer(link, opening, answerTimeoutMs); // never rejects
    try {
      return await opening;
    } catch (failure) {
      if (failure instanceof ConnectionLostError) throw failure;
      return this.#refused(failure as TransportError);
    }
  }

  async #expectAnswer(link: Link, opening: Promise<unknown>, limitMs: number): Promise<void> {
    let pending = true;
    const done = opening.then(
      () => {
        pending = false;
      },
      () => {
        pending = false;
      },
    );
    const settled = Promise.race([done, this.closed]);
    try {
      await settledWithin(settled, limitMs / 2);
      if (!pending || this.#over.signal.aborted) return;
      // A broker that answers nothing at all is the heartbeat's to find: then the queue has done nothing wrong.
      await link.isAlive();
    } catch {
      return;
    }
    await settledWithin(settled, limitMs / 2);
    if (!pending || this.#over.signal.aborted) return;
    const error = new UnansweredError(this.#queue, limitMs);
    if (this.#everStarted) this.end({ reason: 'unanswered', error });
    else this.fail(error);
  }

  /** The error, if it is worth another try. */
  #refused(error: TransportError): TransportError | undefined {
    const mayCreate = this.#declares && this.#source.queue.passive !== true;
    if (this.#everStarted) {
      const end = this.#judge.judge(error, mayCreate, performance.now());
      if (end === undefined) return error;
      this.end(end);
    } else if (error instanceof DestinationNotFoundError && mayCreate && !this.#triedTwice) {
      // Deleted by somebody else between our declare and our consume? What is missing for good is missing again.
      this.#triedTwice = true;
      return error;
    } else this.fail(error);
    return undefined;
  }

  get #declares(): boolean {
    return !this.#everStarted || this.#consume.redeclare !== false;
  }

  async #open(link: Link, interruption: TransportError | undefined): Promise<Session | undefined> {
    const declare = this.#declares;
    const { queue } = this.#source;
    const source = { queue: declare ? queue : { name: this.#queue }, bindings: this.#bindings, declare };
    const { arguments: given = {}, ...consume } = this.#consume;
    const args = typeof given === 'function' ? given(interruption) : given;
    const session = await openSession(link, source, { ...consume, arguments: args }, (delivery) => {
      // What comes before its end is known here has not begun.
      if (this.#over.signal.aborted) delivery.reject({ requeue: true });
      else this.#handle(delivery);
    });
    this.#session = session;
    if (this.#over.signal.aborted) {
      await session.cancel();
      return undefined;
    }
    this.#judge.reset();
    this.#lastError = undefined;
    const formerQueue = this.#queue;
    this.#queue = session.queue;
    this.#options.emit({
      type: 'consumer-started',
      queue: session.queue,
      restored: this.#everStarted,
      ...(this.#everStarted && formerQueue !== session.queue ? { formerQueue } : {}),
    });
    this.#everStarted = true;
    this.#resolveStarted();
    return session;
  }
}

function isSame(a: Binding, b: Binding): boolean {
  return a.exchange.name === b.exchange.name && a.routingKey === b.routingKey;
}

// A broker misses a silent connection after two of its heartbeats.
function defaultLockTimeoutMs(heartbeatMs: number): number {
  return heartbeatMs === 0 ? 60_000 : Math.max(10_000, 3 * heartbeatMs);
}
