import type { Delivery, Destination, Transport } from '@leveret/transport';
import type { MalformedMessageError } from './errors.js';
import type { RpcServerEvent } from './events.js';

/** Where a dead letter goes, and how long that may take. */
export interface DeadLetterOptions {
  readonly transport: Transport;
  readonly destination: Destination;
  readonly publishTimeoutMs: number;
  readonly emit: (event: RpcServerEvent) => void;
}

/** Publishes messages that are no requests to where somebody can look at them, as they came, with the reason in their headers. */
export class DeadLetters {
  readonly #options: DeadLetterOptions;
  readonly #sending = new Set<Promise<void>>();

  constructor(options: DeadLetterOptions) {
    this.#options = options;
  }

  /** Settles the delivery when the broker has the dead letter; one that it cannot have is rejected. */
  send(delivery: Delivery, queue: string, error: MalformedMessageError): void {
    const sent = this.#send(delivery, queue, error).finally(() => this.#sending.delete(sent));
    this.#sending.add(sent);
  }

  /** Resolves when none is on its way. */
  async idle(): Promise<void> {
    await Promise.all(this.#sending);
  }

  async #send(delivery: Delivery, queue: string, error: MalformedMessageError): Promise<void> {
    const { transport, destination, publishTimeoutMs, emit } = this.#options;
    const { contentType, contentEncoding, messageId, correlationId, replyTo, type, appId, priority, timestamp } =
      delivery;
    const given = { contentType, contentEncoding, messageId, correlationId, replyTo, type, appId, priority, timestamp };
    const properties = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    try {
      await transport.publish(destination, delivery.body, {
        ...properties,
        headers: { ...delivery.headers, 'x-leveret-queue': queue, 'x-leveret-reason': error.message },
        mandatory: true,
        // It is as compressed as it came.
        compression: 'none',
        timeoutMs: publishTimeoutMs,
      });
      delivery.ack();
    } catch (cause) {
      delivery.reject({ requeue: false });
      emit({ type: 'dead-letter-failed', queue, error: cause });
    }
  }
}
