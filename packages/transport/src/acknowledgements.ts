interface Tagged {
  readonly fields: { readonly deliveryTag: number };
}

/** A message that came, as its channel keeps it: until it is settled, in a list of them in the order they came. */
export interface Held<M extends Tagged> {
  readonly message: M;
  settled: boolean;
  /** Of those that are not settled. */
  previous: Held<M> | undefined;
  next: Held<M> | undefined;
}

/** One basic.ack: of this message, or with `multiple` of everything up to it. */
export interface Acknowledgement<M extends Tagged> {
  readonly message: M;
  readonly multiple: boolean;
}

/**
 * The messages of one channel that are not settled, and those whose acknowledgement is still to be told to the broker.
 *
 * A list whose entries know their neighbours, and forget them when they leave it. A Set of tags, which fills and empties with
 * every read of the socket, made its table anew again and again.
 */
export class Acknowledgements<M extends Tagged> {
  #oldest: Held<M> | undefined;
  #newest: Held<M> | undefined;
  #unsettled = 0;
  #acked: M[] = [];

  /** How many are neither acknowledged nor rejected. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /** How many acknowledgements `take` has not given out yet. */
  get pending(): number {
    return this.#acked.length;
  }

  received(message: M): Held<M> {
    const newest = this.#newest;
    const held: Held<M> = { message, settled: false, previous: newest, next: undefined };
    if (newest === undefined) this.#oldest = held;
    else newest.next = held;
    this.#newest = held;
    this.#unsettled += 1;
    return held;
  }

  /** Keeps the acknowledgement for `take`. False: it was settled before. */
  ack(held: Held<M>): boolean {
    if (held.settled) return false;
    this.#settle(held);
    this.#acked.push(held.message);
    return true;
  }

  /** The broker is told of a rejection at once; what is pending must be taken before, or it may include this message. */
  rejected(held: Held<M>): void {
    if (!held.settled) this.#settle(held);
  }

  /** What is pending, in as few acknowledgements as do not touch a message that is not settled. */
  take(): readonly Acknowledgement<M>[] {
    const acked = this.#acked;
    this.#acked = [];
    const oldest = this.#oldest?.message.fields.deliveryTag ?? Number.POSITIVE_INFINITY;
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

  #settle(held: Held<M>): void {
    const { previous, next } = held;
    if (previous === undefined) this.#oldest = next;
    else previous.next = next;
    if (next === undefined) this.#newest = previous;
    else next.previous = previous;
    held.settled = true;
    held.previous = undefined;
    held.next = undefined;
    this.#unsettled -= 1;
  }
}
