import { sleep } from '@leveret/retry/sleep';
import type { Declarations } from './declarations.js';
import { ConnectionLostError, DeclarationError, type TransportError } from './errors.js';
import type { Outgoing } from './outgoing.js';
import { OutgoingQueue } from './outgoing-queue.js';
import { isPassing } from './refusals.js';

// oslo waits 1 s.
const PASSING_MS = 250;

/** What becomes of the messages in lanes. */
export interface LanesOwner {
  /** False: the channel is ending. */
  write(message: Outgoing): boolean;
  /** What the message needs was refused for good. */
  refused(message: Outgoing, error: TransportError): void;
  /** What the message needs was refused, and may not be a little later. */
  refusedForNow(message: Outgoing, error: TransportError): void;
}

/**
 * Messages of one link that could be written, were not something still to be declared or compressed, and those behind
 * them. Messages to one exchange, or by the default exchange to one queue, share a lane and keep their order; those of
 * different lanes do not hold each other up.
 */
export class Lanes {
  readonly #declarations: Declarations;
  readonly #owner: LanesOwner;
  readonly #lanes = new Map<string, OutgoingQueue>();
  readonly #ended = new AbortController();

  constructor(declarations: Declarations, owner: LanesOwner) {
    this.#declarations = declarations;
    this.#owner = owner;
  }

  /** False: nothing keeps the message from being written at once. */
  take(message: Outgoing): boolean {
    const isReady = message.compressing === undefined && this.#declarations.has(message.destination);
    if (isReady && this.#lanes.size === 0) return false;
    const key = message.exchange === '' ? `\0${message.routingKey}` : message.exchange;
    const lane = this.#lanes.get(key);
    if (lane !== undefined) {
      lane.push(message);
      return true;
    }
    if (isReady) return false;
    const opened = new OutgoingQueue();
    opened.push(message);
    this.#lanes.set(key, opened);
    void this.#run(key, opened); // never rejects
    return true;
  }

  count(): number {
    let count = 0;
    for (const lane of this.#lanes.values()) count += lane.count();
    return count;
  }

  /** Writes nothing more; gives back what is in the lanes. */
  end(): readonly Outgoing[] {
    this.#ended.abort();
    return [...this.#lanes.values()].flatMap((lane) => lane.takeAll());
  }

  async #run(key: string, lane: OutgoingQueue): Promise<void> {
    for (;;) {
      const message = lane.first();
      if (this.#ended.signal.aborted) return;
      if (message === undefined) {
        this.#lanes.delete(key);
        return;
      }
      if (message.compressing !== undefined) await message.compressing;
      else if (!this.#declarations.has(message.destination)) {
        if (!(await this.#declare(message, lane))) return;
      } else if (this.#owner.write(message)) lane.shift();
      // The channel is ending: who hears of that ends the lanes.
      else return;
    }
  }

  /** False: the link is lost, and whoever hears of that ends the lanes. */
  async #declare({ destination }: Outgoing, lane: OutgoingQueue): Promise<boolean> {
    try {
      await this.#declarations.exchange(destination);
    } catch (error) {
      return this.#failed(lane.all(), error as TransportError);
    }
    try {
      await this.#declarations.queue(destination);
    } catch (error) {
      const name = destination.queue?.name;
      const concerned = lane.all().filter((message) => message.destination.queue?.name === name);
      return this.#failed(concerned, error as TransportError);
    }
    return true;
  }

  async #failed(messages: readonly Outgoing[], error: TransportError): Promise<boolean> {
    if (error instanceof ConnectionLostError) return false;
    if (!(error instanceof DeclarationError && isPassing(error.replyCode))) {
      for (const message of messages) this.#owner.refused(message, error);
      return true;
    }
    for (const message of messages) this.#owner.refusedForNow(message, error);
    // An end meanwhile is seen by the loop.
    await sleep(PASSING_MS, { signal: this.#ended.signal }).catch(() => {});
    return true;
  }
}
