import { MAX_TIMER_MS } from './checks.js';
import { DeadlineExceededError } from './errors.js';
import type { Listed } from './running-list.js';

/** What time a request has, from its arrival on, and who ends it before. Who never asks for the signal pays for none. */
export class RequestScope implements Listed {
  /** Of the call that it belongs to; undefined for a cast. */
  readonly messageId: string | undefined;
  place = -1;
  readonly #timeMs: number | undefined;
  readonly #deadline: number;
  #date: Date | undefined;
  #over: Error | undefined;
  #controller: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #nested: Set<(reason: Error) => void> | undefined;

  /** @param timeMs what is left of the caller's time now; undefined: the caller does not say, or nobody waits. */
  constructor(timeMs: number | undefined, messageId?: string) {
    this.messageId = messageId;
    this.#timeMs = timeMs;
    this.#deadline = timeMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + timeMs;
  }

  /** What is left, at least 0; null: no limit is known. */
  get remainingMs(): number | null {
    return this.#timeMs === undefined ? null : Math.max(0, Math.ceil(this.#deadline - performance.now()));
  }

  get deadline(): Date | null {
    if (this.#timeMs === undefined) return null;
    this.#date ??= new Date(Date.now() + this.#deadline - performance.now());
    return this.#date;
  }

  /** Why it is to end; undefined: it may go on. */
  get over(): Error | undefined {
    if (this.#over === undefined && this.#timeMs !== undefined && performance.now() >= this.#deadline)
      this.#end(this.#exceeded());
    return this.#over;
  }

  /** Fires when it is to end. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.over !== undefined) this.#controller.abort(this.#over);
      else this.#startTimer();
    }
    return this.#controller.signal;
  }

  /** Only the first end counts. */
  end(reason: Error): void {
    if (this.#over !== undefined) return;
    this.#end(reason);
    for (const callback of [...(this.#nested ?? [])]) callback(reason);
  }

  /**
   * Calls back when somebody ends it, for calls that its method makes; returns what takes that back. That its time is over
   * they know by their own.
   */
  onEnd(callback: (reason: Error) => void): () => void {
    this.#nested ??= new Set();
    this.#nested.add(callback);
    return () => void this.#nested?.delete(callback);
  }

  /** The caller says that its time is over. */
  expire(): void {
    this.end(this.#exceeded());
  }

  /** Its method has ended: nothing fires any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#controller = undefined;
  }

  #end(reason: Error): void {
    this.#over = reason;
    clearTimeout(this.#timer);
    this.#controller?.abort(reason);
  }

  #exceeded(): DeadlineExceededError {
    return new DeadlineExceededError(this.#timeMs ?? null);
  }

  #startTimer(): void {
    const remainingMs = this.#deadline - performance.now();
    // A timer cannot wait longer, and nobody will.
    if (remainingMs <= MAX_TIMER_MS) this.#timer = setTimeout(() => this.#end(this.#exceeded()), remainingMs);
  }
}
