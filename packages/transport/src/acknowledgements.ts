interface Tagged {
  readonly fields: { readonly deliveryTag: number };
}

/** One basic.ack: of this message, or with `multiple` of everything up to it. */
export interface Acknowledgement<M extends Tagged> {
  readonly message: M;
  readonly multiple: boolean;
}

/** The messages of one channel that are not settled, and those whose acknowledgement is still to be told to the broker. */
export class Acknowledgements<M extends Tagged> {
  // In the order they came: the first is the oldest.
  readonly #unsettled = new Set<number>();
  #acked: M[] = [];

  /** How many are neither acknowledged nor rejected. */
  get unsettled(): number {
    return this.#unsettled.size;
  }

  /** How many acknowledgements `take` has not given out yet. */
  get pending(): number {
    return this.#acked.length;
  }

  received(message: M): void {
    this.#unsettled.add(message.fields.deliveryTag);
  }

  isUnsettled(message: M): boolean {
    return this.#unsettled.has(message.fields.deliveryTag);
  }

  /** Keeps the acknowledgement for `take`. False: it was settled before. */
  ack(message: M): boolean {
    if (!this.#unsettled.delete(message.fields.deliveryTag)) return false;
    this.#acked.push(message);
    return true;
  }

  /** The broker is told of a rejection at once; what is pending must be taken before, or it may include this message. */
  rejected(message: M): void {
    this.#unsettled.delete(message.fields.deliveryTag);
  }

  /** What is pending, in as few acknowledgements as do not touch a message that is not settled. */
  take(): readonly Acknowledgement<M>[] {
    const acked = this.#acked;
    this.#acked = [];
    const [oldest = Number.POSITIVE_INFINITY] = this.#unsettled;
    const single: Acknowledgement<M>[] = [];
    let newest: M | undefined;
    for (const message of acked) {
      const tag = message.fields.deliveryTag;
      if (tag > oldest) single.push({ message, multiple: false });
      else if (newest === undefined || tag > newest.fields.deliveryTag) newest = message;
    }
    if (newest === undefined) return single;
    return [{ message: newest, multiple: acked.length - single.length > 1 }, ...single];
  }
}
