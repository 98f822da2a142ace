import type { Compression } from './compression.js';
import type { Dated } from './deadlines.js';
import type { Destination } from './entities.js';
import type { TransportError } from './errors.js';
import type { MessageProperties } from './message-properties.js';
import type { ResolvedOptions } from './options.js';
import type { PublishOptions } from './publish-options.js';
import { TextBody } from './text-body.js';

/** A message the broker has confirmed. */
export interface PublishResult {
  /** How often it was written to a socket: more than 1 means that a connection was lost in between. */
  readonly attempts: number;
}

/** What the broker said when it returned a message. */
export interface Returned {
  readonly replyCode: number;
  readonly replyText: string;
}

// Nearly every message has this result.
const AT_ONCE: PublishResult = /* @__PURE__ */ Object.freeze({ attempts: 1 });

/** A message on its way, from `publish` until it is settled, and further until it leaves its channel. */
export class Outgoing implements Dated {
  readonly promise: Promise<PublishResult>;
  readonly destination: Destination;
  /** The exchange's name; '' is the default exchange. */
  readonly exchange: string;
  readonly routingKey: string;
  readonly mandatory: boolean;
  readonly timeoutMs: number;
  /** Of the body as it was given: what the buffer's limit counts. */
  readonly size: number;
  readonly compression: Compression | 'none';
  readonly properties: MessageProperties;
  /** While the body is being compressed; it never rejects. */
  compressing: Promise<void> | undefined = undefined;
  /** Counted by the buffer's limit. */
  admitted = false;
  /** Its place among all messages of the transport. */
  sequence = 0;
  /** How often it was written to a socket. */
  attempts = 0;
  /** How many more failures of the connection it outlives. */
  retriesLeft: number;
  lastError: TransportError | undefined = undefined;
  returned: Returned | undefined = undefined;
  /** How often the broker could not take it. */
  nacks = 0;
  /** Written, and neither confirmed nor lost with its channel. */
  inFlight = false;
  /** Set once the caller has its answer: nothing is sent any more. */
  settled = false;
  deadline: unknown = undefined;
  /** Takes its listener off the caller's signal. */
  unlisten: (() => void) | undefined = undefined;
  #body: Buffer | TextBody;
  #resolve!: (result: PublishResult) => void;
  #reject!: (error: unknown) => void;

  constructor(
    destination: Destination,
    body: Buffer | TextBody,
    properties: MessageProperties,
    { mandatory = false, timeoutMs, retry, compression }: PublishOptions,
    defaults: Pick<ResolvedOptions, 'publishTimeoutMs' | 'compression'>,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.destination = destination;
    this.exchange = destination.exchange?.name ?? '';
    this.routingKey = destination.routingKey;
    this.mandatory = mandatory;
    this.timeoutMs = timeoutMs ?? defaults.publishTimeoutMs;
    this.compression = compression ?? defaults.compression;
    this.size = body.length;
    this.#body = body;
    this.properties = properties;
    this.retriesLeft = retry === undefined || retry === null || retry < 0 ? Number.POSITIVE_INFINITY : retry;
  }

  /** Its bytes; of a text, they are kept from the first time they are asked for. */
  get body(): Buffer {
    if (this.#body instanceof TextBody) this.#body = this.#body.toBuffer();
    return this.#body;
  }

  set body(body: Buffer) {
    this.#body = body;
  }

  get bodyBytes(): number {
    return this.#body.length;
  }

  /** The body, if it is a text that nobody has asked for the bytes of. */
  get text(): TextBody | undefined {
    return this.#body instanceof TextBody ? this.#body : undefined;
  }

  /** The outbox's to call: it knows what else ends with a message. */
  resolve(): void {
    this.#resolve(this.attempts === 1 ? AT_ONCE : { attempts: this.attempts });
  }

  /** The outbox's to call, as `resolve`. */
  reject(error: unknown): void {
    this.#reject(error);
  }
}
