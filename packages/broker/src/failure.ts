/** How far a failure reaches: a channel is closed with it, or the whole connection. */
export type FailureScope = 'channel' | 'connection';

/** AMQP's reply codes that a broker gives, with RabbitMQ's names for them. */
export const REPLY_NAMES = {
  311: 'CONTENT_TOO_LARGE',
  312: 'NO_ROUTE',
  313: 'NO_CONSUMERS',
  320: 'CONNECTION_FORCED',
  402: 'INVALID_PATH',
  403: 'ACCESS_REFUSED',
  404: 'NOT_FOUND',
  405: 'RESOURCE_LOCKED',
  406: 'PRECONDITION_FAILED',
  501: 'FRAME_ERROR',
  502: 'SYNTAX_ERROR',
  503: 'COMMAND_INVALID',
  504: 'CHANNEL_ERROR',
  505: 'UNEXPECTED_FRAME',
  506: 'RESOURCE_ERROR',
  530: 'NOT_ALLOWED',
  540: 'NOT_IMPLEMENTED',
  541: 'INTERNAL_ERROR',
} as const;

/** A reply code with which a broker closes a channel or a connection. */
export type ReplyCode = keyof typeof REPLY_NAMES;

/** The two numbers of a method, as a close names it. */
export interface MethodIds {
  readonly classId: number;
  readonly methodId: number;
}

/** A close that names no method. */
export const NO_METHOD: MethodIds = { classId: 0, methodId: 0 };

/** What a failure may say beside its text. */
export interface FailureDetails {
  readonly detail?: string;
  readonly concerns?: MethodIds;
}

/**
 * What a client did wrong, as the broker answers it: channel.close or connection.close with this code and text. Thrown by
 * whatever finds it, caught by the session, which adds the method it happened in.
 */
export class AmqpFailure extends Error {
  override readonly name: string = 'AmqpFailure';
  readonly scope: FailureScope;
  readonly code: ReplyCode;
  /** As on the wire: `NOT_FOUND - no queue 'q' in vhost '/'`. */
  readonly text: string;
  /** What the client is not told; undefined if there is no more to say than the text. */
  readonly detail: string | undefined;
  /** The method that the close names; undefined: the one it happened in. */
  readonly concerns: MethodIds | undefined;

  constructor(scope: FailureScope, code: ReplyCode, explanation: string, { detail, concerns }: FailureDetails = {}) {
    const text = explanation === '' ? REPLY_NAMES[code] : `${REPLY_NAMES[code]} - ${explanation}`;
    super(text);
    this.scope = scope;
    this.code = code;
    this.text = text;
    this.detail = detail;
    this.concerns = concerns;
  }
}

/** A failure that closes the channel. */
export function channelFailure(code: ReplyCode, explanation: string): AmqpFailure {
  return new AmqpFailure('channel', code, explanation);
}

/** A failure that closes the connection. */
export function connectionFailure(code: ReplyCode, explanation: string, details?: FailureDetails): AmqpFailure {
  return new AmqpFailure('connection', code, explanation, details);
}
