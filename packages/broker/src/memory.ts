/** What wants to know when publishers are to be held back. */
export interface AlarmListener {
  alarmRaised(reason: string): void;
  alarmCleared(): void;
}

/** Counts the bytes of all messages, and holds publishers back while there are too many. RabbitMQ: the memory alarm. */
export class Memory {
  readonly #limit: number;
  readonly #listener: AlarmListener;
  #used = 0;
  #over = false;
  #forced: string | undefined;

  constructor(limitBytes: number, listener: AlarmListener) {
    this.#limit = limitBytes;
    this.#listener = listener;
  }

  get usedBytes(): number {
    return this.#used;
  }

  /** Why publishers are held back; undefined while they are not. */
  get alarm(): string | undefined {
    return this.#forced ?? (this.#over ? 'low on memory' : undefined);
  }

  readonly account = (bytes: number): void => {
    this.#used += bytes;
    if (this.#used > this.#limit === this.#over) return;
    this.#change(() => {
      this.#over = !this.#over;
    });
  };

  /** Raises the alarm whatever is used, or, with undefined, no longer. */
  force(reason: string | undefined): void {
    this.#change(() => {
      this.#forced = reason;
    });
  }

  #change(apply: () => void): void {
    const before = this.alarm;
    apply();
    const after = this.alarm;
    if (before === undefined && after !== undefined) this.#listener.alarmRaised(after);
    if (before !== undefined && after === undefined) this.#listener.alarmCleared();
  }
}
