/** What was wrong with a URL. Stable: match on these. */
export type TransportUrlErrorCode =
  | 'ERR_LEVERET_URL_NOT_A_STRING'
  | 'ERR_LEVERET_URL_CONTROL_CHARACTER'
  | 'ERR_LEVERET_URL_SPACE'
  | 'ERR_LEVERET_URL_LONE_SURROGATE'
  | 'ERR_LEVERET_URL_NO_SCHEME'
  | 'ERR_LEVERET_URL_NO_AUTHORITY'
  | 'ERR_LEVERET_URL_RAW_DELIMITER'
  | 'ERR_LEVERET_URL_BAD_HOST'
  | 'ERR_LEVERET_URL_BAD_IPV6'
  | 'ERR_LEVERET_URL_BAD_PORT'
  | 'ERR_LEVERET_URL_BAD_ESCAPE'
  | 'ERR_LEVERET_URL_MIXED_CREDENTIALS'
  | 'ERR_LEVERET_URL_VHOST_SEGMENTS'
  | 'ERR_LEVERET_URL_FRAGMENT'
  | 'ERR_LEVERET_URL_DUPLICATE_PARAMETER'
  | 'ERR_LEVERET_URL_BAD_PARAMETER'
  | 'ERR_LEVERET_URL_UNSUPPORTED_TRANSPORT';

/** Where the fault is, and what to do about it. */
export interface TransportUrlErrorFacts {
  readonly offset?: number;
  readonly hint?: string;
}

/**
 * A transport URL that cannot be read or used. Nothing of the URL is in it: no part of the text in the message, in a
 * field or in a `cause`, because any part may be a password.
 */
export class TransportUrlError extends TypeError {
  override readonly name: string = 'TransportUrlError';
  readonly code: TransportUrlErrorCode;
  /** Where in the text the fault is, in UTF-16 units from 0; -1 where there is no text or no single place. */
  readonly offset: number;
  /** What to do about it, if there is something to do. It is the end of the message too. */
  readonly hint?: string;

  constructor(code: TransportUrlErrorCode, problem: string, { offset = -1, hint }: TransportUrlErrorFacts = {}) {
    const place = offset < 0 ? '' : ` (at offset ${offset})`;
    super(`${problem}${place}.${hint === undefined ? '' : ` ${hint}`}`);
    this.code = code;
    this.offset = offset;
    if (hint !== undefined) this.hint = hint;
  }
}
