/** Runs tasks in the order they came, so many at a time. */
export class WorkQueue {
  readonly #limit: number;
  readonly #mayStart: () => boolean;
  readonly #waiting: { run(): Promise<void>; drop(): void }[] = [];
  #running = 0;
  #idle: { promise: Promise<void>; resolve(): void } | undefined;

  /** @param mayStart asked before each task is started; when it turns true again, call `resume`. */
  constructor(limit: number, mayStart: () => boolean) {
    this.#limit = limit;
    this.#mayStart = mayStart;
  }

  get running(): number {
    return this.#running;
  }

  /** `run` must not reject. `drop` is called instead of it when the queue is cleared first. */
  push(run: () => Promise<void>, drop: () => void): void {
    this.#waiting.push({ run, drop });
    this.resume();
  }

  resume(): void {
    while (this.#running < this.#limit && this.#waiting.length > 0 && this.#mayStart()) {
      const task = this.#waiting.shift();
      if (task === undefined) return;
      this.#running += 1;
      void task.run().then(() => {
        this.#running -= 1;
        this.resume();
        if (this.#running === 0) this.#idle?.resolve();
      });
    }
  }

  /** Drops what has not started. */
  clear(): void {
    for (const task of this.#waiting.splice(0)) task.drop();
  }

  /** Resolves when nothing runs. */
  idle(): Promise<void> {
    if (this.#running === 0) return Promise.resolve();
    if (this.#idle === undefined) {
      const { promise, resolve } = withResolvers();
      this.#idle = { promise, resolve: () => this.#settleIdle(resolve) };
    }
    return this.#idle.promise;
  }

  #settleIdle(resolve: () => void): void {
    this.#idle = undefined;
    resolve();
  }
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
