import type { Outgoing } from './outgoing.js';

// A quorum queue whose leader has died has another one within a second or so.
const STEP_MS = 100;
const MAX_MS = 1_000;

/**
 * Messages that the broker could not take (basic.nack) and that are sent once more a little later: after 100 ms the first
 * time, and 100 ms later each time, up to a second.
 */
export class SecondTries {
  readonly #due: () => void;
  #messages: Outgoing[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param due hears that it is time for `takeAll`. */
  constructor(due: () => void) {
    this.#due = due;
  }

  /** How many are not settled; it counts them. */
  count(): number {
    return this.#messages.filter(({ settled }) => !settled).length;
  }

  add(message: Outgoing): void {
    message.nacks += 1;
    this.#messages.push(message);
    // One that comes while others wait goes with them.
    this.#timer ??= setTimeout(this.#due, Math.min(MAX_MS, STEP_MS * message.nacks));
  }

  /** All that are not settled; nothing is due then. */
  takeAll(): Outgoing[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const all = this.#messages.filter(({ settled }) => !settled);
    this.#messages = [];
    return all;
  }
}
