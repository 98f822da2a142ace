/** The longest delay a timer of Node takes; it turns longer ones into 1 ms. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/**
 * Rings at or after a time, once. It is set anew for every message that becomes the head of a queue, so a timer that is early
 * enough is left alone: whoever hears it looks at the clock and sets it again. It does not keep the process alive.
 */
export class Alarm {
  readonly #ring: () => void;
  #timer: NodeJS.Timeout | undefined = undefined;
  #ringsAt = Number.POSITIVE_INFINITY;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Rings at this time at the latest, in milliseconds since 1970; before it too, if it was set to an earlier one. */
  setAt(time: number): void {
    if (time >= this.#ringsAt) {
      return;
    }
    clearTimeout(this.#timer);
    this.#ringsAt = time;
    const delay = Math.min(Math.max(time - Date.now(), 1), LONGEST_DELAY_MS);
    this.#timer = setTimeout(() => {
      this.stop();
      this.#ring();
    }, delay).unref();
  }

  /** It will not ring until it is set again. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#ringsAt = Number.POSITIVE_INFINITY;
  }
}
