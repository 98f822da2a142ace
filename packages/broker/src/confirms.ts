/** Sends one confirm; `multiple` covers all before it. */
export type SendConfirm = (acknowledged: boolean, deliveryTag: number, multiple: boolean) => void;

/** The confirms of one channel: numbers its publishes, and says of a run of accepted ones that it is, in one frame. */
export class Confirms {
  readonly #send: SendConfirm;
  #last = 0;
  // The run of accepted publishes that has not been told yet: from first to last; none when first is 0.
  #runFirst = 0;
  #runLast = 0;
  // Published and not settled yet: held back by a fault. A frame with `multiple` must not cover them.
  readonly #held = new Set<number>();

  constructor(send: SendConfirm) {
    this.#send = send;
  }

  /** The number of the next publish. */
  next(): number {
    this.#last += 1;
    return this.#last;
  }

  get heldCount(): number {
    return this.#held.size;
  }

  accepted(deliveryTag: number): void {
    if (this.#runFirst > 0 && deliveryTag === this.#runLast + 1) {
      this.#runLast = deliveryTag;
      return;
    }
    this.flush();
    this.#runFirst = deliveryTag;
    this.#runLast = deliveryTag;
  }

  refused(deliveryTag: number): void {
    this.flush();
    this.#send(false, deliveryTag, false);
  }

  /** Leaves it unsettled until {@link release}. */
  hold(deliveryTag: number): void {
    this.#held.add(deliveryTag);
  }

  /** Settles one that was held, at once and by itself. */
  release(deliveryTag: number, acknowledged: boolean): void {
    if (!this.#held.delete(deliveryTag)) return;
    this.flush();
    this.#send(acknowledged, deliveryTag, false);
  }

  /** Tells what has been accepted. */
  flush(): void {
    const [first, last] = [this.#runFirst, this.#runLast];
    if (first === 0) return;
    this.#runFirst = 0;
    if (first === last) {
      this.#send(true, last, false);
    } else if (this.#held.size === 0) {
      this.#send(true, last, true);
    } else {
      for (let tag = first; tag <= last; tag += 1) this.#send(true, tag, false);
    }
  }
}
