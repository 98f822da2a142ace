/** Where the life of something that can be started and stopped stands. */
export type LifeStatus = 'stopped' | 'starting' | 'running' | 'stopping';

/** What is done at both ends of a life. */
export interface LifeStages<Run> {
  /** What it throws fails the start; what it had begun it has undone then. */
  begin(signal: AbortSignal): Promise<Run>;
  /** A start of what runs already: brings back what it lacks. */
  again(run: Run, signal: AbortSignal | undefined): Promise<void>;
  /** Must not reject. */
  end(run: Run, drainMs: number): Promise<void>;
  /** Why a start failed that a stop overtook. */
  overtaken(): Error;
}

type State<Run> =
  | { readonly status: 'stopped' }
  | { readonly status: 'starting'; readonly done: Promise<void>; readonly end: AbortController }
  | { readonly status: 'running'; readonly run: Run }
  | { readonly status: 'stopping'; readonly done: Promise<void> };

/** Starts and stops in order, whoever asks for it and how often: again and again, and while the other is under way. */
export class Lifecycle<Run> {
  readonly #stages: LifeStages<Run>;
  #state: State<Run> = { status: 'stopped' };

  constructor(stages: LifeStages<Run>) {
    this.#stages = stages;
  }

  get status(): LifeStatus {
    return this.#state.status;
  }

  /** What has begun and has not been told to end. */
  get run(): Run | undefined {
    return this.#state.status === 'running' ? this.#state.run : undefined;
  }

  /** @throws what `begin` and `again` throw, `overtaken()`, `signal.reason`. */
  start(signal: AbortSignal | undefined): Promise<void> {
    const state = this.#state;
    switch (state.status) {
      case 'running':
        return this.#stages.again(state.run, signal);
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
  async stop(drainMs: number): Promise<void> {
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
      const run = await this.#stages.begin(signal);
      this.#state = { status: 'running', run };
    } catch (error) {
      this.#state = { status: 'stopped' };
      throw error;
    }
  }
}
