// Eleven in a tenth of a second from each process: a thousand connections are back within 10 s if one process has them all, and
// of four processes there are never more than what their moments alone would give.
const APART_MS = 9;
// A broker that is slow to answer lets connections wait in its backlog, 128 by default, and what is beyond comes again, all
// together, a second later: that is how TCP repeats itself.
const UNANSWERED_AT_MOST = 24;
// Whoever has not answered for longer holds nobody up: it may be a host that swallows everything.
const UNANSWERED_MS = 1_000;

/** Keeps the dials of a process apart: each waits for its turn. */
export class DialTurns {
  readonly #waiting: Set<() => void> = new Set();
  // The oldest first.
  readonly #unanswered: Set<{ readonly since: number }> = new Set();
  #timer: NodeJS.Timeout | undefined;

  /**
   * Resolves at once where none was dialled just now, and few are unanswered; to what is to be called when the dial has
   * ended, one way or the other. A process that stood still, or lost a thousand connections together, would otherwise dial
   * for all of them in one moment. @throws `signal.reason`.
   */
  async next(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const isFree = this.#timer === undefined && !this.#isFull;
    if (this.#timer === undefined) this.#arm();
    if (!isFree) await this.#turn(signal);
    const dial = { since: performance.now() };
    this.#unanswered.add(dial);
    return () => void this.#unanswered.delete(dial);
  }

  get #isFull(): boolean {
    const now = performance.now();
    for (const dial of this.#unanswered) {
      if (now - dial.since < UNANSWERED_MS) break;
      this.#unanswered.delete(dial);
    }
    return this.#unanswered.size >= UNANSWERED_AT_MOST;
  }

  #turn(signal: AbortSignal): Promise<void> {
    this.#timer?.ref();
    return new Promise<void>((resolve, reject) => {
      const turn = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = () => {
        this.#waiting.delete(turn);
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(turn);
    });
  }

  #arm(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const [turn] = this.#waiting;
      if (turn === undefined) return;
      const isFull = this.#isFull;
      if (!isFull) this.#waiting.delete(turn);
      this.#arm();
      if (!isFull) turn();
    }, APART_MS);
    // Whoever waits keeps the process alive; that nobody does, need not.
    if (this.#waiting.size === 0) this.#timer.unref();
  }
}

/** Of this process: the connections of all its transports. */
export const dialTurns: DialTurns = new DialTurns();
