import { Alarm } from './alarm.js';

/** Counts the time nobody uses a queue, for x-expires. */
export class Disuse {
  readonly #limitMs: number | undefined;
  readonly #onOver: () => void;
  readonly #alarm: Alarm = new Alarm(() => this.#consider());
  #lastUse = 0;

  /** @param limitMs undefined: for ever */
  constructor(limitMs: number | undefined, onOver: () => void) {
    this.#limitMs = limitMs;
    this.#onOver = onOver;
  }

  /** It was used just now: the time starts over. */
  begin(): void {
    if (this.#limitMs !== undefined) {
      this.#lastUse = Date.now();
      this.#alarm.setAt(this.#lastUse + this.#limitMs);
    }
  }

  /** It is in use until begin is called. */
  end(): void {
    this.#alarm.stop();
  }

  #consider(): void {
    const due = this.#lastUse + (this.#limitMs ?? Number.POSITIVE_INFINITY);
    if (Date.now() < due) {
      this.#alarm.setAt(due);
    } else {
      this.#onOver();
    }
  }
}
