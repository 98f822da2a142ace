import type { Intake } from './intake.js';

/**
 * Where the life of a server or a listener stands. `failed`: it has started, and not all of its queues are consumed any
 * more; the event `consumer-ended` says which, why, and whether it is tried again. It is `running` when all are again.
 */
export type LifeStatus = 'stopped' | 'starting' | 'running' | 'failed' | 'stopping';

/** One life, from start to stop: at least the queues that it consumes, in the order in which it begins to. */
interface Life {
  readonly intakes: readonly Pick<Intake, 'start' | 'working'>[];
}

/** What is done at both ends of a life. */
export interface LifeStages<Run extends Life> {
  /** What it throws fails the start. */
  create(): Run;
  /** Must not reject. Also ends a life that could not begin. */
  end(run: Run, drainMs: number): Promise<void>;
  /** Why a start failed that a stop overtook. */
  overtaken(): Error;
}

const DRAIN_MS = 30_000;

type State<Run> =
  | { readonly status: 'stopped' }
  | { readonly status: 'starting'; readonly done: Promise<void>; readonly end: AbortController }
  | { readonly status: 'running'; readonly run: Run }
  | { readonly status: 'stopping'; readonly done: Promise<void> };

/** Starts and stops in order, whoever asks for it and how often: again and again, and while the other is under way. */
export class Lifecycle<Run extends Life> {
  readonly #stages: LifeStages<Run>;
  #state: State<Run> = { status: 'stopped' };

  constructor(stages: LifeStages<Run>) {
    this.#stages = stages;
  }

  get status(): LifeStatus {
    const state = this.#state;
    return state.status === 'running' && !state.run.intakes.every(({ working }) => working) ? 'failed' : state.status;
  }

  /** @throws what `create` throws, the transport's errors, `overtaken()`, `signal.reason`. */
  start(signal: AbortSignal | undefined): Promise<void> {
    const state = this.#state;
    switch (state.status) {
      case 'running':
        return Promise.all(state.run.intakes.map((intake) => intake.start(signal))).then(() => {});
      case 'starting':
        return state.done;
      case 'stopping':
        return state.done.then(() => this.start(signal));
      case 'stopped': {
        const end = new AbortController();
        const done = this.#begin(signal === undefined ? end.signal : AbortSignal.any([signal, end.signal]));
        this.#state = { status: 'starting', done, end };
        return done;
      }
    }
  }

  /** Never rejects. */
  async stop(drainMs: number = DRAIN_MS): Promise<void> {
    const state = this.#state;
    switch (state.status) {
      case 'stopped':
        return;
      case 'stopping':
        return state.done;
      case 'starting':
        state.end.abort(this.#stages.overtaken());
        // Its own caller hears of the error.
        await state.done.catch(() => {});
        return this.stop(drainMs);
      case 'running': {
        const done = this.#stages.end(state.run, drainMs).then(() => {
          this.#state = { status: 'stopped' };
        });
        this.#state = { status: 'stopping', done };
        return done;
      }
    }
  }

  async #begin(signal: AbortSignal): Promise<void> {
    // Not before the caller has entered the state: what fails at once must find it.
    await Promise.resolve();
    try {
      this.#state = { status: 'running', run: await this.#run(signal) };
    } catch (error) {
      this.#state = { status: 'stopped' };
      throw error;
    }
  }

  async #run(signal: AbortSignal): Promise<Run> {
    const run = this.#stages.create();
    try {
      for (const intake of run.intakes) {
        signal.throwIfAborted();
        await intake.start(signal);
      }
      signal.throwIfAborted();
    } catch (error) {
      await this.#stages.end(run, 0);
      throw error;
    }
    return run;
  }
}
