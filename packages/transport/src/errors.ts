/** What every error of this package is. Match on `code`: it is stable; the message is for people. */
export class TransportError extends Error {
  override readonly name: string = 'TransportError';
  readonly code: string;

  constructor(code: `ERR_LEVERET_${string}`, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The transport was closed by the application, or gave up for good (then `cause` says why). */
export class ConnectionClosedError extends TransportError {
  override readonly name: string = 'ConnectionClosedError';

  constructor(message: string, options?: ErrorOptions) {
    super('ERR_LEVERET_CONNECTION_CLOSED', message, options);
  }
}

/** A connection ended, or could not be made: socket, broker or silence (`cause` has the details). It is made again. */
export class ConnectionLostError extends TransportError {
  override readonly name: string = 'ConnectionLostError';
  /** `host:port` of the broker. */
  readonly host: string;

  constructor(host: string, message: string, options?: ErrorOptions) {
    super('ERR_LEVERET_CONNECTION_LOST', message, options);
    this.host = host;
  }
}

/** What a broker turned us down for. */
export type RefusalReason = 'credentials' | 'virtual-host' | 'connection-limit' | 'tls' | 'protocol';

/** The broker answered, and refused: trying again as we are would not help. */
export class ConnectionRefusedError extends TransportError {
  override readonly name: string = 'ConnectionRefusedError';
  /** `host:port` of the broker. */
  readonly host: string;
  readonly reason: RefusalReason;

  constructor(host: string, reason: RefusalReason, message: string, options?: ErrorOptions) {
    super('ERR_LEVERET_CONNECTION_REFUSED', message, options);
    this.host = host;
    this.reason = reason;
  }
}

/**
 * Whether the broker can have the message: `not-sent` says it was never written to a socket; `unknown` that it was, and
 * that its confirm never came; `refused` that the broker said no, by basic.nack or by closing the channel.
 */
export type DeliveryOutcome = 'not-sent' | 'unknown' | 'refused';

/** A message could not be handed to the broker in the time or tries it had, or was refused. oslo: `MessageDeliveryFailure`. */
export class MessageDeliveryError extends TransportError {
  override readonly name: string = 'MessageDeliveryError';
  readonly outcome: DeliveryOutcome;
  readonly exchange: string;
  readonly routingKey: string;

  constructor(
    message: string,
    facts: { outcome: DeliveryOutcome; exchange: string; routingKey: string },
    options?: ErrorOptions,
  ) {
    super('ERR_LEVERET_DELIVERY', message, options);
    this.outcome = facts.outcome;
    this.exchange = facts.exchange;
    this.routingKey = facts.routingKey;
  }
}

/** The message was mandatory, and the broker returned it: no queue takes this routing key. oslo: `MessageUndeliverable`. */
export class MessageUndeliverableError extends TransportError {
  override readonly name: string = 'MessageUndeliverableError';
  readonly exchange: string;
  readonly routingKey: string;
  /** AMQP reply code, 312 (NO_ROUTE). */
  readonly replyCode: number;
  /** The broker's words for it. */
  readonly replyText: string;

  constructor(exchange: string, routingKey: string, replyCode: number, replyText: string) {
    super(
      'ERR_LEVERET_UNDELIVERABLE',
      `The broker returned a mandatory message to exchange '${exchange}' with routing key '${routingKey}': ${replyText}. No queue is bound for it; is the receiver running?`,
    );
    this.exchange = exchange;
    this.routingKey = routingKey;
    this.replyCode = replyCode;
    this.replyText = replyText;
  }
}

/** The exchange or queue to send to, or to consume from, does not exist. oslo: `AMQPDestinationNotFound`. */
export class DestinationNotFoundError extends TransportError {
  override readonly name: string = 'DestinationNotFoundError';

  constructor(message: string, options?: ErrorOptions) {
    super('ERR_LEVERET_NOT_FOUND', message, options);
  }
}

/** How an entity differs from what was declared, in the broker's words. */
export interface ArgumentMismatch {
  /** `durable`, `auto_delete`, `type`, `x-expires`, … */
  readonly argument: string;
  /** `'true'`, `the value '1000' of type 'signedint'`, `none`, … */
  readonly declared: string;
  readonly existing: string;
}

/** The broker refused to declare, bind or consume: 403, 405 or 406. The message names the entity and the broker's reason. */
export class DeclarationError extends TransportError {
  override readonly name: string = 'DeclarationError';
  /** AMQP reply code: 403 ACCESS_REFUSED, 405 RESOURCE_LOCKED, 406 PRECONDITION_FAILED, … */
  readonly replyCode: number;
  /** Where the entity exists, and is not as declared (406). */
  readonly mismatch: ArgumentMismatch | undefined;

  constructor(replyCode: number, message: string, options?: ErrorOptions & { readonly mismatch?: ArgumentMismatch }) {
    super('ERR_LEVERET_DECLARATION', message, options);
    this.replyCode = replyCode;
    this.mismatch = options?.mismatch;
  }
}

/** The broker, while it answered other things, left unanswered what it was asked of a queue (`answerTimeoutMs`): it hangs. */
export class UnansweredError extends TransportError {
  override readonly name: string = 'UnansweredError';
  readonly queue: string;

  constructor(queue: string, timeoutMs: number) {
    super(
      'ERR_LEVERET_UNANSWERED',
      `The broker left what it was asked of queue '${queue}' unanswered for ${timeoutMs} ms, while it answered other things. The queue hangs: it helps to use another one, or to delete it on the broker.`,
    );
    this.queue = queue;
  }
}

/**
 * What is wrong with a compressed body: a method nobody here knows, more bytes than are allowed, or bytes that are not
 * what the method makes.
 */
export type DecompressionFailure = 'unknown-method' | 'too-large' | 'damaged';

/** The body of a delivery cannot be decompressed. */
export class DecompressionError extends TransportError {
  override readonly name: string = 'DecompressionError';
  readonly reason: DecompressionFailure;

  constructor(reason: DecompressionFailure, message: string, options?: ErrorOptions) {
    super('ERR_LEVERET_DECOMPRESSION', message, options);
    this.reason = reason;
  }
}

/** An argument or option that cannot be used; the message says what can. */
export class InvalidArgumentError extends TransportError {
  override readonly name: string = 'InvalidArgumentError';

  constructor(message: string, options?: ErrorOptions) {
    super('ERR_LEVERET_INVALID_ARGUMENT', message, options);
  }
}
