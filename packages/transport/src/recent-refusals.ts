import type { Outgoing } from './outgoing.js';
import type { Refusal } from './refusals.js';

// An application that goes on publishing where it may not would close the channel of all its other messages each time.
const REMEMBERED_MS = 1_000;
const ACCESS_REFUSED = 403;
const MOST = 1_000;

/** A refusal, and amqplib's error that told of it. */
export interface RecentRefusal {
  readonly refusal: Refusal;
  readonly cause: Error;
}

/** Where the broker has just refused to let us publish: within a second it is not asked again. */
export class RecentRefusals {
  readonly #refusals = new Map<string, RecentRefusal & { readonly until: number }>();

  add({ exchange, routingKey }: Outgoing, refusal: Refusal, cause: Error): void {
    if (refusal.code !== ACCESS_REFUSED) return;
    if (this.#refusals.size >= MOST) this.#refusals.clear();
    this.#refusals.set(`${exchange}\0${routingKey}`, { refusal, cause, until: performance.now() + REMEMBERED_MS });
  }

  of({ exchange, routingKey }: Outgoing): RecentRefusal | undefined {
    if (this.#refusals.size === 0) return undefined;
    const key = `${exchange}\0${routingKey}`;
    const recent = this.#refusals.get(key);
    if (recent === undefined || performance.now() < recent.until) return recent;
    this.#refusals.delete(key);
    return undefined;
  }
}
