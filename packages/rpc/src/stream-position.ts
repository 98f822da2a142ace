import type { ConsumerArguments, Delivery } from '@leveret/transport';

/**
 * Where a consumer of a fanout stream is. It begins with the last chunk of the stream, and after a reconnect goes on with the first
 * message that was not settled; those behind it that were are told by their ids. oslo goes on after the last that it saw,
 * since it settles before it dispatches. spec 5.
 */
export class StreamPosition {
  #next: number | undefined;
  // In the order of the stream: the first one is the oldest.
  readonly #unsettled = new Set<number>();

  /** Where to begin now. `interruption`: why the broker ended the last consumer, whose stream may be gone with its offsets. */
  arguments(interruption: unknown): ConsumerArguments {
    if (interruption !== undefined) this.#next = undefined;
    else this.#next = this.#unsettled.values().next().value ?? this.#next;
    this.#unsettled.clear();
    return { 'x-stream-offset': this.#next ?? 'last' };
  }

  /** The same delivery, watched until it is settled. */
  watch(delivery: Delivery): Delivery {
    const offset = Number(delivery.headers['x-stream-offset']);
    if (!Number.isSafeInteger(offset)) return delivery;
    this.#next = offset + 1;
    this.#unsettled.add(offset);
    return {
      ...delivery,
      ack: () => this.#settled(offset, delivery.ack()),
      reject: (options) => this.#settled(offset, delivery.reject(options)),
    };
  }

  #settled(offset: number, settled: boolean): boolean {
    if (settled) this.#unsettled.delete(offset);
    return settled;
  }
}
