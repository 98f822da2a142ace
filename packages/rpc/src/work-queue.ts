import type { Awaitable } from './awaitable.js';
import { UnderWay } from './under-way.js';
import { WorkPlace } from './work-place.js';

/** What there is to do. */
export interface Task {
  /** Must not throw or reject. A promise: it ends when that resolves; else it has ended. */
  run(): Awaitable<void>;
  /** Called instead of `run` when the queue is cleared first. */
  drop(): void;
  /** Hears when the task begins to wait for calls of its own (1) and when it goes on (-1). */
  readonly onWaiting?: ((change: 1 | -1) => void) | undefined;
}

/** How much is done at a time. */
export interface WorkLimits {
  readonly running: number;
  /** How many more wait for calls of their own; more than that count as running. */
  readonly waiting: number;
}

/** Runs tasks in the order they came, so many at a time, beside those that wait for calls of their own. */
export class WorkQueue {
  readonly #limits: WorkLimits;
  readonly #mayStart: () => boolean;
  readonly #queued: Task[] = [];
  readonly #running = new UnderWay(() => this.resume());
  // Those of the running that wait for calls of their own.
  #waiting = 0;
  #isResuming = false;

  /** @param mayStart asked before each task is started; when it turns true again, call `resume`. */
  constructor(limits: WorkLimits, mayStart: () => boolean) {
    this.#limits = limits;
    this.#mayStart = mayStart;
  }

  /** Those that wait for calls of their own included. */
  get running(): number {
    return this.#running.count;
  }

  push(task: Task): void {
    this.#queued.push(task);
    this.resume();
  }

  resume(): void {
    // A task that ends at once resumes as well: the loop that has begun it goes on.
    if (this.#isResuming) return;
    this.#isResuming = true;
    while (this.#hasPlace && this.#queued.length > 0 && this.#mayStart()) {
      const task = this.#queued.shift();
      if (task !== undefined) this.#start(task);
    }
    this.#isResuming = false;
  }

  get #hasPlace(): boolean {
    const { running, waiting } = this.#limits;
    return this.#running.count - Math.min(this.#waiting, waiting) < running;
  }

  #start(task: Task): void {
    this.#running.begin();
    const place = new WorkPlace((waiting) => {
      const change = waiting ? 1 : -1;
      this.#waiting += change;
      task.onWaiting?.(change);
      if (waiting) this.resume();
    });
    // Where nobody may wait, nobody needs to be asked.
    const done = this.#limits.waiting === 0 ? task.run() : place.run(task);
    if (done === undefined) this.#ended(place);
    else void done.then(() => this.#ended(place));
  }

  #ended(place: WorkPlace): void {
    place.leave();
    this.#running.end();
  }

  /** Drops what has not started. */
  clear(): void {
    for (const task of this.#queued.splice(0)) task.drop();
  }

  /** Resolves when nothing runs. */
  idle(): Promise<void> {
    return this.#running.idle();
  }
}
