/** A signal that is made when it is first asked for. */
export interface LazySignal {
  get(): AbortSignal;
  /** It fires no more. */
  release(): void;
}

/** Signals of many, which fire together. Most are never looked at, and a controller for each would be for nothing. */
export class LazySignals {
  readonly #controllers = new Set<AbortController>();
  #fired: { readonly reason: unknown } | undefined;

  open(): LazySignal {
    let controller: AbortController | undefined;
    return {
      get: () => {
        if (controller === undefined) {
          controller = new AbortController();
          if (this.#fired === undefined) this.#controllers.add(controller);
          else controller.abort(this.#fired.reason);
        }
        return controller.signal;
      },
      release: () => {
        if (controller !== undefined) this.#controllers.delete(controller);
      },
    };
  }

  /** Those that are open, and those opened later. */
  fire(reason: unknown): void {
    this.#fired = { reason };
    for (const controller of this.#controllers) controller.abort(reason);
    this.#controllers.clear();
  }
}
