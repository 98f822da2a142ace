import { InvalidArgumentError } from './errors.js';

/** What a transport does to leave, in this order. */
export interface Departure {
  /** Stops new messages; then lets what runs, and what that publishes, end. */
  drain(): Promise<unknown>;
  /** Says goodbye and is gone. */
  leave(): Promise<unknown>;
}

/** The end of a transport, once, however often it is asked for. */
export class Closing {
  readonly #departure: Departure;
  readonly #limit = new Limit();
  #done: Promise<void> | undefined;

  constructor(departure: Departure) {
    this.#departure = departure;
  }

  get begun(): boolean {
    return this.#done !== undefined;
  }

  /** Drains for up to `drainMs` and leaves; called again it is the same end, which a shorter limit brings forward. */
  begin(drainMs: number): Promise<void> {
    if (!(Number.isInteger(drainMs) && drainMs >= 0 && drainMs < 2 ** 31)) {
      return Promise.reject(
        new InvalidArgumentError(`drainMs must be a whole number of milliseconds below 2^31, got ${drainMs}.`),
      );
    }
    this.#limit.bringForward(drainMs);
    this.#done ??= this.#run();
    return this.#done;
  }

  async #run(): Promise<void> {
    await Promise.race([this.#departure.drain(), this.#limit.reached]);
    this.#limit.clear();
    await this.#departure.leave();
  }
}

/** A time limit that can be made shorter, and not longer. */
class Limit {
  readonly reached: Promise<void>;
  #resolve!: () => void;
  #timer: NodeJS.Timeout | undefined;
  #at = Number.POSITIVE_INFINITY;

  constructor() {
    this.reached = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  bringForward(ms: number): void {
    const at = performance.now() + ms;
    if (at >= this.#at) return;
    this.#at = at;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#resolve, ms);
  }

  /** It no longer matters, and keeps no timer from now on. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#at = Number.NEGATIVE_INFINITY;
  }
}
