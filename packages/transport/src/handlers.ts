import type { Delivery } from './delivery.js';
import type { TransportEvent } from './events.js';

/** The application's function for deliveries. */
export type Handler = (delivery: Delivery) => void | Promise<void>;

/** Runs the application's handlers, settles what they fail to take, and knows when none runs. */
export class Handlers {
  readonly #emit: (event: TransportEvent) => void;
  #running = 0;
  #idle: (() => void)[] = [];

  constructor(emit: (event: TransportEvent) => void) {
    this.#emit = emit;
  }

  /** How many have not settled their promise. */
  get running(): number {
    return this.#running;
  }

  run(queue: string, handler: Handler, delivery: Delivery): void {
    let result: void | Promise<void>;
    try {
      result = handler(delivery);
    } catch (error) {
      this.#failed(queue, delivery, error);
      return;
    }
    if (result === undefined) return;
    this.#running += 1;
    // Any thenable will do: what handlers return is not ours to choose.
    Promise.resolve(result).then(
      () => this.#ended(),
      (error) => {
        this.#failed(queue, delivery, error);
        this.#ended();
      },
    );
  }

  /** Resolves when no handler runs. */
  idle(): Promise<void> {
    return this.#running === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  #ended(): void {
    this.#running -= 1;
    if (this.#running === 0) for (const idle of this.#idle.splice(0)) idle();
  }

  // A message that a handler could not take goes back once; the second time it is dropped or dead-lettered, so that it
  // cannot circle for ever.
  #failed(queue: string, delivery: Delivery, error: unknown): void {
    const requeue = !delivery.redelivered;
    const settled = delivery.reject({ requeue }) ? (requeue ? 'requeued' : 'rejected') : 'by-handler';
    this.#emit({ type: 'handler-failed', queue, error, settled });
  }
}
