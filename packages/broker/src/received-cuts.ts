/** Where a fault cuts a connection. */
export interface Cut {
  readonly frame: number;
  readonly direction: 'received' | 'sent';
  readonly midFrame: boolean;
  readonly how: 'drop' | 'reset';
  /** Asked when the frame is reached: whether this connection is meant. */
  readonly strikes: () => boolean;
  readonly done: () => void;
}

/** The cuts of one connection at frames that it receives. */
export class ReceivedCuts {
  readonly #cuts = new Set<Cut & { readonly at: number }>();

  /** Whether there are any: the way without faults stays short. */
  get armed(): boolean {
    return this.#cuts.size > 0;
  }

  /** Arms a cut, counted from a frame on. Returns what takes it back. */
  arm(cut: Cut, received: number): () => void {
    const armed = { ...cut, at: received + cut.frame };
    this.#cuts.add(armed);
    return () => void this.#cuts.delete(armed);
  }

  /** The first cut that strikes now: `before` the frame is handled (in the middle of it), or `after`. */
  due(received: number, moment: 'before' | 'after'): Cut | undefined {
    const midFrame = moment === 'before';
    return [...this.#cuts].find((cut) => cut.at === received && cut.midFrame === midFrame && cut.strikes());
  }
}
