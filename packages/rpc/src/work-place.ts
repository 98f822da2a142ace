import { AsyncLocalStorage } from 'node:async_hooks';
import type { Awaitable } from './awaitable.js';
import type { RequestScope } from './request-scope.js';

const places = new AsyncLocalStorage<WorkPlace>();

/**
 * A running method's place among those that may run at a time. While the method waits for a call of its own, the place is
 * another's: what it waits for may have to run in this very server, and would else wait for it.
 */
export class WorkPlace {
  /** Of the request whose method runs here, while it runs: calls that it makes take no longer. */
  scope: RequestScope | undefined;
  readonly #onWaiting: (waiting: boolean) => void;
  #calls = 0;
  #left = false;

  /** @param onWaiting hears when the method begins to wait and when it goes on. */
  constructor(onWaiting: (waiting: boolean) => void) {
    this.#onWaiting = onWaiting;
  }

  /** The place that this code runs in, if any. */
  static get current(): WorkPlace | undefined {
    return places.getStore();
  }

  /** Runs the task in this place: what it calls, and awaits, finds it as the current one. */
  run(task: { run(): Awaitable<void> }): Awaitable<void> {
    return places.run(this, runTask, task);
  }

  /** A call of the method's begins; returns what to do once at its end. */
  call(): () => void {
    this.#calls += 1;
    if (this.#calls === 1 && !this.#left) this.#onWaiting(true);
    return () => {
      this.#calls -= 1;
      if (this.#calls === 0 && !this.#left) this.#onWaiting(false);
    };
  }

  /** The method has ended; calls that it left behind are of no concern here. */
  leave(): void {
    if (this.#calls > 0 && !this.#left) this.#onWaiting(false);
    this.#left = true;
  }
}

function runTask(task: { run(): Awaitable<void> }): Awaitable<void> {
  return task.run();
}
