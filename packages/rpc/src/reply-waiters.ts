import { type Dated, Deadlines, onAbort } from '@leveret/transport/shared';
import type { CallStage, StageFacts } from './call-stage.js';
import type { CancelCause } from './cancel-message.js';
import { DeadlineExceededError } from './errors.js';
import type { IncomingReply } from './reply.js';
import type { RequestScope } from './request-scope.js';
import { type Tabled, WaiterTable } from './waiter-table.js';

/** How long a call may wait, who else may end it, and how that is told. */
export interface AwaitedCall {
  readonly messageId: string;
  readonly method: string;
  readonly timeoutMs: number;
  /** Silence that ends the call once its request is sent; null: silence is fine. */
  readonly monitorTimeoutMs: number | null;
  readonly signal: AbortSignal | undefined;
  /** The request whose method waits; its end is the wait's. */
  readonly outer: RequestScope | undefined;
  /** The error for a limit that was reached. */
  timedOut(facts: StageFacts, cause?: unknown): Error;
  /** The error for the `failure` in a reply. */
  failed(failure: unknown): Error;
  /** Once, when nobody waits any more, just before the outcome is told. */
  ended(waiter: ReplyWaiter): void;
}

/** A reply whose call has ended. */
export interface LateReply {
  readonly method: string;
  /** How long ago the call ended. */
  readonly lateMs: number;
}

// Ids of calls that ended without their reply: its sender may yet try to reach our queue.
const ABANDONED_LIMIT = 1_000;

/** Who waits for which reply. spec 7.4. */
export class ReplyWaiters {
  readonly #waiters = new WaiterTable<ReplyWaiter>();
  readonly #abandoned = new Map<string, { readonly method: string; readonly endedAt: number }>();
  readonly #deadlines = new Deadlines<ReplyWaiter>((waiter) => waiter.timeOut(), { keepsAlive: true });

  /** Whether no reply can come any more. */
  get settled(): boolean {
    return this.#waiters.size === 0 && this.#abandoned.size === 0;
  }

  /** To be opened before anything is sent: a reply may overtake the confirm of its own request. */
  open(call: AwaitedCall): ReplyWaiter {
    const waiter = new ReplyWaiter(call, this);
    this.#waiters.add(waiter);
    this.#deadlines.addAt(waiter, waiter.deadlineAt);
    return waiter;
  }

  /** The waiter's to call, when nobody waits any more. */
  left(waiter: ReplyWaiter): void {
    const { messageId, method } = waiter.call;
    this.#deadlines.remove(waiter);
    this.#waiters.delete(waiter);
    if (waiter.unanswered) this.#abandon(messageId, method);
  }

  /** Hands a reply to whom it is for. `unknown`: nobody waits for it, or has waited. */
  deliver(reply: IncomingReply): 'delivered' | 'unknown' | LateReply {
    const messageId = String(reply.messageId);
    const waiter = this.#waiters.get(messageId);
    if (waiter !== undefined) {
      waiter.take(reply);
      return 'delivered';
    }
    const abandoned = this.#abandoned.get(messageId);
    if (abandoned === undefined) return 'unknown';
    if (reply.ending) this.#abandoned.delete(messageId);
    return { method: abandoned.method, lateMs: Math.round(performance.now() - abandoned.endedAt) };
  }

  /** Nobody can have the request of that call, so no reply to it will come, whether it still waits or not. */
  unsent(messageId: string): void {
    this.#waiters.get(messageId)?.unsent();
    this.#abandoned.delete(messageId);
  }

  /** Ends every wait. */
  rejectAll(error: Error): void {
    for (const waiter of this.#waiters.all()) waiter.reject(error, 'close');
  }

  #abandon(messageId: string, method: string): void {
    this.#abandoned.set(messageId, { method, endedAt: performance.now() });
    const [oldest] = this.#abandoned.keys();
    if (this.#abandoned.size > ABANDONED_LIMIT && oldest !== undefined) this.#abandoned.delete(oldest);
  }
}

/** One call's wait: a promise with a deadline, a signal, and perhaps a call monitor. */
export class ReplyWaiter implements Dated, Tabled {
  readonly promise: Promise<unknown>;
  readonly call: AwaitedCall;
  /** When its time is over, on the clock of `performance.now()`. */
  readonly deadlineAt: number;
  deadline: unknown = undefined;
  nextInTable: Tabled | undefined = undefined;
  readonly #waiters: ReplyWaiters;
  readonly #unlisten: (() => void) | undefined;
  readonly #leaveOuter: (() => void) | undefined;
  #monitor: NodeJS.Timeout | undefined;
  #resolve!: (value: unknown) => void;
  #reject!: (error: unknown) => void;
  #stage: CallStage = 'reply-queue';
  #lastHeartbeat: number | undefined;
  #ended = false;
  #answered = false;
  #unsent = false;
  #cause: CancelCause | undefined;
  // What the first of two messages held: older peers send result and end apart.
  #early: { readonly result: unknown; readonly failure: unknown } | undefined;

  constructor(call: AwaitedCall, waiters: ReplyWaiters) {
    this.call = call;
    this.#waiters = waiters;
    this.deadlineAt = performance.now() + call.timeoutMs;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { signal, outer } = call;
    this.#leaveOuter = outer?.onEnd((reason) =>
      this.reject(reason, reason instanceof DeadlineExceededError ? 'timeout' : 'abort'),
    );
    this.#unlisten = signal && onAbort(signal, () => this.reject(signal.reason, 'abort'));
  }

  get messageId(): string {
    return this.call.messageId;
  }

  /** Whether nobody waits any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether a request may have gone out whose reply did not come. */
  get unanswered(): boolean {
    return this.#stage !== 'reply-queue' && !this.#answered && !this.#unsent;
  }

  /** Why it was given up although its request went out; undefined: it was not. */
  get givenUpFor(): CancelCause | undefined {
    return this.unanswered ? this.#cause : undefined;
  }

  /** What is left of the time, in ms, at least 1. */
  get remainingMs(): number {
    return Math.max(1, Math.ceil(this.deadlineAt - performance.now()));
  }

  /** The request is being published. */
  sending(): void {
    this.#stage = 'publish';
  }

  /** The broker has the request. */
  sent(): void {
    if (this.#ended || this.#stage !== 'publish') return;
    this.#stage = 'reply';
    this.#restartMonitor();
  }

  /** It turns out that the request did not go out. */
  unsent(): void {
    this.#unsent = true;
  }

  /** The broker will not have the request; at the end of the time that is a timeout like any other. */
  failed(error: unknown): void {
    if (this.remainingMs <= 1) this.timeOut(error);
    else this.reject(error);
  }

  take({ result, failure, ending }: IncomingReply): void {
    if (!ending) {
      if (failure || result !== null) this.#early = { result, failure };
      // A heartbeat says that the request has arrived, confirmed or not.
      this.#stage = 'working';
      this.#lastHeartbeat = performance.now();
      this.#restartMonitor();
      return;
    }
    if (this.#ended) return;
    this.#answered = true;
    const cause = failure || this.#early?.failure;
    // The list of deadlines tells a little late, and a server ends what nobody waits for in time.
    if (cause && this.remainingMs <= 1) this.timeOut(this.call.failed(cause));
    else if (cause) this.reject(this.call.failed(cause));
    else {
      this.#end();
      this.#resolve(result ?? this.#early?.result ?? null);
    }
  }

  /** @param cause why nobody waits any more; undefined: there is nothing to wait for. */
  reject(error: unknown, cause?: CancelCause): void {
    if (this.#ended) return;
    this.#cause = cause;
    this.#end();
    this.#reject(error);
  }

  /** Its time is over. */
  timeOut(cause?: unknown): void {
    if (!this.#ended) this.#limitReached(this.#stage, this.call.timeoutMs, cause);
  }

  #limitReached(stage: CallStage, timeoutMs: number, cause?: unknown): void {
    const last = this.#lastHeartbeat;
    const lastHeartbeatAgoMs = last === undefined ? null : Math.round(performance.now() - last);
    this.reject(this.call.timedOut({ stage, timeoutMs, lastHeartbeatAgoMs }, cause), 'timeout');
  }

  #restartMonitor(): void {
    const { monitorTimeoutMs } = this.call;
    if (monitorTimeoutMs === null) return;
    if (this.#monitor !== undefined) this.#monitor.refresh();
    else this.#monitor = setTimeout(() => this.#limitReached('heartbeat', monitorTimeoutMs), monitorTimeoutMs);
  }

  #end(): void {
    this.#ended = true;
    if (this.#monitor !== undefined) clearTimeout(this.#monitor);
    this.#unlisten?.();
    this.#leaveOuter?.();
    this.#waiters.left(this);
    this.call.ended(this);
  }
}
