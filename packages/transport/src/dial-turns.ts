// Eleven in a tenth of a second from each process: a thousand connections are back within 10 s if one process has them all, and
// of four processes there are never more than what their moments alone would give.
const APART_MS = 9;

/** Keeps the dials of a process apart: each waits for its turn. */
export class DialTurns {
  readonly #waiting: Set<() => void> = new Set();
  #timer: NodeJS.Timeout | undefined;

  /**
   * Resolves at once where none was dialled just now. A process that stood still, or lost a thousand connections together,
   * would otherwise dial for all of them in one moment. @throws `signal.reason`.
   */
  async next(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#timer === undefined) return this.#arm();
    this.#timer.ref();
    await new Promise<void>((resolve, reject) => {
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
      this.#waiting.delete(turn);
      this.#arm();
      turn();
    }, APART_MS);
    // Whoever waits keeps the process alive; that nobody does, need not.
    if (this.#waiting.size === 0) this.#timer.unref();
  }
}

/** Of this process: the connections of all its transports. */
export const dialTurns: DialTurns = new DialTurns();
