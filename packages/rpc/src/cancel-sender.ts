import type { Destination, Transport } from '@leveret/transport';
import { type CancelCause, cancelRoutingKey, encodeCancel } from './cancel-message.js';
import type { RpcClientEvent } from './events.js';
import { errorCode, messageOptions } from './publish-options.js';

/** A call that its caller has given up. */
export interface GivenUpCall {
  readonly messageId: string;
  /** Where its request went. */
  readonly destination: Destination;
  readonly cause: CancelCause;
  /** What was left of its time, in ms. */
  readonly remainingMs: number;
}

interface Batch {
  readonly destination: Destination;
  readonly cause: CancelCause;
  readonly messageIds: string[];
  lifeMs: number;
}

// Later it would come too late for most, and the servers know the deadlines anyway.
const PUBLISH_LIMIT_MS = 2_000;
// While the broker is away, those beyond are not sent.
const UNCONFIRMED_LIMIT = 1_000;
// A request can still be on its way from one server to another when its time is over.
const LEAST_LIFE_MS = 60_000;

/** Tells the servers of given-up calls: those of one turn and one destination in one message, which nobody waits for. */
export class CancelSender {
  readonly #transport: Transport;
  readonly #emit: (event: RpcClientEvent) => void;
  readonly #batches = new Map<string, Batch>();
  #unconfirmed = 0;
  #refused = false;

  constructor(transport: Transport, emit: (event: RpcClientEvent) => void) {
    this.#transport = transport;
    this.#emit = emit;
  }

  /** Never throws; what goes wrong is told by an event. */
  send({ messageId, destination, cause, remainingMs }: GivenUpCall): void {
    if (this.#refused) return;
    const key = `${destination.exchange?.name ?? ''}\0${destination.routingKey}\0${cause}`;
    let batch = this.#batches.get(key);
    if (batch === undefined) {
      batch = { destination, cause, messageIds: [], lifeMs: LEAST_LIFE_MS };
      if (this.#batches.size === 0) queueMicrotask(() => this.#flush());
      this.#batches.set(key, batch);
    }
    batch.messageIds.push(messageId);
    batch.lifeMs = Math.max(batch.lifeMs, remainingMs);
  }

  #flush(): void {
    const batches = [...this.#batches.values()];
    this.#batches.clear();
    // Never rejects.
    for (const batch of batches) void this.#publish(batch);
  }

  async #publish({ destination, cause, messageIds, lifeMs }: Batch): Promise<void> {
    const calls = messageIds.length;
    if (this.#unconfirmed >= UNCONFIRMED_LIMIT) {
      const error = new Error(`${UNCONFIRMED_LIMIT} such messages wait for their confirm already.`);
      return this.#emit({ type: 'cancel-not-sent', calls, error });
    }
    this.#unconfirmed += 1;
    try {
      const options = messageOptions(false, PUBLISH_LIMIT_MS);
      options.persistent = false;
      // Where the queue of a server has outlived it.
      options.expirationMs = lifeMs;
      const routingKey = cancelRoutingKey(destination.routingKey);
      await this.#transport.publish(
        { ...destination, routingKey },
        encodeCancel({ messageIds, cause, lifeMs }),
        options,
      );
    } catch (error) {
      // Asked again and again, the broker would close the channel of all other messages each time.
      this.#refused ||= isRefusal(error);
      this.#emit({ type: 'cancel-not-sent', calls, error });
    } finally {
      this.#unconfirmed -= 1;
    }
  }
}

function isRefusal(error: unknown): boolean {
  if (errorCode(error) === 'ERR_LEVERET_NOT_FOUND') return true;
  return error instanceof Error && errorCode(error.cause) === 403;
}
