import { Alarm } from './alarm.js';
import type { DeathReason } from './dead-letter.js';
import type { QueueCapacity } from './queue-capacity.js';
import type { Entry } from './queued-message.js';
import type { ReadyMessages } from './ready-messages.js';

/** What leaves a queue at its head though nobody takes it: what is too much, and what is past its time. */
export class QueueHead {
  readonly #ready: ReadyMessages;
  readonly #capacity: QueueCapacity;
  readonly #onDeath: (entry: Entry, reason: DeathReason) => void;
  readonly #expiry: Alarm;

  /** @param onTime the head is past its time; to be answered with dropExpired */
  constructor(
    ready: ReadyMessages,
    capacity: QueueCapacity,
    onDeath: (entry: Entry, reason: DeathReason) => void,
    onTime: () => void,
  ) {
    this.#ready = ready;
    this.#capacity = capacity;
    this.#onDeath = onDeath;
    this.#expiry = new Alarm(onTime);
  }

  dropOverflow(): void {
    while (this.#capacity.exceeded) {
      this.#drop('maxlen');
    }
  }

  /** Drops what is past its time, and sees to it that the next one is when its time comes. */
  dropExpired(): void {
    for (let first = this.#ready.first; first?.expiresAt !== undefined; first = this.#ready.first) {
      if (first.expiresAt > Date.now()) {
        this.#expiry.setAt(first.expiresAt);
        return;
      }
      this.#drop('expired');
    }
  }

  /** No time runs out until dropExpired is called. */
  stop(): void {
    this.#expiry.stop();
  }

  #drop(reason: DeathReason): void {
    const first = this.#ready.first;
    if (first !== undefined) {
      this.#ready.remove(first);
      this.#onDeath(first, reason);
    }
  }
}
