import type { Consumer } from '@leveret/transport';

/** What a relief is made of. */
export interface ReliefParts {
  /** How much the queue's first consumer may hold. */
  readonly prefetch: number;
  consume(prefetch: number): Promise<Consumer>;
  /** Hears that one more consumer was refused. */
  failed(error: unknown): void;
}

// A server that calls itself once does so again: a consumer for each call would cost more than it.
const LINGER_MS = 1_000;
const MAX_PREFETCH = 65_535;

/**
 * Further consumers of a queue, for as long as the methods of all that its consumers hold wait for calls of their own: the
 * broker sends no more before one of them is settled, and what they wait for may be behind them in this very queue.
 * Each doubles what may be held.
 */
export class Relief {
  readonly #parts: ReliefParts;
  readonly #consumers = new Set<Consumer>();
  #capacity: number;
  #waiting = 0;
  #growing: Promise<void> | undefined;
  #linger: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(parts: ReliefParts) {
    this.#parts = parts;
    this.#capacity = parts.prefetch;
  }

  /** A method whose delivery is not settled begins to wait for calls of its own (1), or goes on (-1). */
  readonly onWaiting = (change: 1 | -1): void => {
    this.#waiting += change;
    if (this.#waiting > 0) this.#grow();
    else this.#shrinkLater();
  };

  /** Ends all further consumers. Never rejects. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#linger);
    await this.#growing;
    await this.#cancelAll();
  }

  #grow(): void {
    clearTimeout(this.#linger);
    if (this.#stopped || this.#growing !== undefined || this.#waiting < this.#capacity) return;
    this.#growing = this.#addConsumer().then((added) => {
      this.#growing = undefined;
      // The methods of all that it brought may wait as well by now, or none may any more.
      if (this.#waiting === 0) this.#shrinkLater();
      else if (added) this.#grow();
    });
  }

  async #addConsumer(): Promise<boolean> {
    const prefetch = Math.min(this.#capacity, MAX_PREFETCH);
    try {
      const consumer = await this.#parts.consume(prefetch);
      this.#consumers.add(consumer);
      this.#capacity += prefetch;
      void consumer.closed.then(() => {
        if (this.#consumers.delete(consumer)) this.#capacity -= prefetch;
      });
      return true;
    } catch (error) {
      if (!this.#stopped) this.#parts.failed(error);
      return false;
    }
  }

  #shrinkLater(): void {
    clearTimeout(this.#linger);
    if (this.#stopped || this.#consumers.size === 0) return;
    this.#linger = setTimeout(() => void this.#cancelAll(), LINGER_MS);
  }

  async #cancelAll(): Promise<void> {
    await Promise.all([...this.#consumers].map((consumer) => consumer.cancel()));
  }
}
