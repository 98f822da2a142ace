import type { ConsumeOptions, Consumer, ConsumerEnd, Delivery, Source, Transport } from '@leveret/transport';
import type { RpcServerEvent } from './events.js';
import { Relief } from './relief.js';

/** What an intake is made of. */
export interface IntakeParts {
  readonly transport: Transport;
  readonly source: Source;
  readonly consume: Pick<ConsumeOptions, 'prefetch' | 'arguments'>;
  /** `onWaiting` is for methods whose delivery is not acknowledged; undefined where nobody needs to know. */
  readonly receive: (delivery: Delivery, onWaiting: ((change: 1 | -1) => void) | undefined) => void;
  readonly emit: (event: IntakeEvent) => void;
}

/** What an intake tells of its consumer. */
export type IntakeEvent = Extract<RpcServerEvent, { readonly type: 'consumer-ended' | 'consumer-restarted' }>;

const FIRST_DELAY_MS = 1_000;
const MAX_DELAY_MS = 30_000;

/** One of the queues of a server or listener as it is consumed: what ends its consumer for good, ends it only for as long as that has to be. */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #end = new AbortController();
  readonly #relief: Relief | undefined;
  #consumer: Consumer | undefined;
  #declared = false;
  #subscribing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    const { prefetch = 0 } = parts.consume;
    // Nobody calls by way of a stream, and without a limit there is nothing to relieve.
    if (prefetch === 0 || typeof parts.consume.arguments === 'function') return;
    this.#relief = new Relief({
      prefetch,
      consume: (more) => this.#consume({ prefetch: more, signal: this.#end.signal }),
      failed: (error) =>
        parts.emit({ type: 'consumer-ended', queue: this.queue, reason: 'refused', restarts: true, error }),
    });
  }

  get queue(): string {
    return this.#parts.source.queue.name;
  }

  /** Whether the queue has been consumed, and so declared, at all. */
  get declared(): boolean {
    return this.#declared;
  }

  /** Whether messages arrive, or will when the connection is back. */
  get working(): boolean {
    return this.#consumer !== undefined;
  }

  /** Consumes, or takes part in what does so already. @throws the transport's errors, `signal.reason`. */
  start(signal?: AbortSignal): Promise<void> {
    if (this.#consumer !== undefined) return Promise.resolve();
    clearTimeout(this.#timer);
    this.#subscribing ??= this.#subscribe(signal).finally(() => {
      this.#subscribing = undefined;
    });
    return this.#subscribing;
  }

  /** Stops the messages, for good. Never rejects. */
  async stop(): Promise<void> {
    this.#end.abort();
    clearTimeout(this.#timer);
    // It ends on the abort; whoever waits for it has heard of that.
    await this.#subscribing?.catch(() => {});
    await Promise.all([this.#consumer?.cancel(), this.#relief?.stop()]);
  }

  #consume(options: ConsumeOptions): Promise<Consumer> {
    const { transport, source, consume, receive } = this.#parts;
    const onWaiting = this.#relief?.onWaiting;
    return transport.consume(source, (delivery) => receive(delivery, onWaiting), { ...consume, ...options });
  }

  async #subscribe(signal: AbortSignal | undefined): Promise<void> {
    const ends = signal === undefined ? this.#end.signal : AbortSignal.any([signal, this.#end.signal]);
    const consumer = await this.#consume({ signal: ends });
    this.#consumer = consumer;
    this.#declared = true;
    void consumer.closed.then((end) => this.#ended(end));
  }

  #ended({ reason, error }: ConsumerEnd): void {
    if (this.#end.signal.aborted) return;
    this.#consumer = undefined;
    // A queue that the application has deleted, and a transport that it has closed, are its own word.
    const restarts = reason === 'connection-closed' || reason === 'queue-locked';
    const why = error === undefined ? {} : { error };
    this.#parts.emit({ type: 'consumer-ended', queue: this.queue, reason, restarts, ...why });
    if (restarts) this.#startLater(FIRST_DELAY_MS);
  }

  #startLater(delayMs: number): void {
    // Servers that lost the same broker do not all come back at once.
    const jittered = delayMs * (0.5 + Math.random() / 2);
    this.#timer = setTimeout(() => void this.#startAgain(delayMs), jittered);
  }

  async #startAgain(delayMs: number): Promise<void> {
    const { transport, emit } = this.#parts;
    const queue = this.queue;
    try {
      await this.start();
      emit({ type: 'consumer-restarted', queue });
    } catch (error) {
      if (this.#end.signal.aborted) return;
      const { consume } = transport.state;
      const restarts = consume.status !== 'closed' || consume.error !== undefined;
      emit({ type: 'consumer-ended', queue, reason: 'refused', restarts, error });
      if (restarts) this.#startLater(Math.min(2 * delayMs, MAX_DELAY_MS));
    }
  }
}
