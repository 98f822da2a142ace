/** What can be wrong with a URL: the code of an error, without its prefix. */
export type Problem =
  | 'NOT_A_STRING'
  | 'CONTROL_CHARACTER'
  | 'SPACE'
  | 'LONE_SURROGATE'
  | 'NO_SCHEME'
  | 'NO_AUTHORITY'
  | 'RAW_DELIMITER'
  | 'BAD_HOST'
  | 'BAD_IPV6'
  | 'BAD_PORT'
  | 'BAD_ESCAPE'
  | 'MIXED_CREDENTIALS'
  | 'VHOST_SEGMENTS'
  | 'FRAGMENT'
  | 'DUPLICATE_PARAMETER'
  | 'BAD_PARAMETER'
  | 'UNSUPPORTED_TRANSPORT';

/** What was wrong with a URL. Stable: match on these. */
export type TransportUrlErrorCode = `ERR_LEVERET_URL_${Problem}`;

/**
 * A transport URL that cannot be read or used. Nothing of the URL is in it: no part of the text in the message, in a
 * field or in a `cause`, because any part may be a password.
 */
export class TransportUrlError extends TypeError {
  declare readonly code: TransportUrlErrorCode;
  /** Where in the text the fault is, in UTF-16 units from 0; -1 where there is no text or no single place. */
  declare readonly offset: number;
  /** What to do about it, in words. It is the end of the message too. */
  declare readonly hint: string;

  constructor(problem: Problem, offset: number, hint: string = escapeHint) {
    super(describe(problem, offset, hint));
    this.name = 'TransportUrlError';
    this.code = `ERR_LEVERET_URL_${problem}`;
    this.offset = offset;
    this.hint = hint;
  }
}

/** `URL: bad port at offset 9. Write …`, of a code. Sentences of their own would not fit the size. */
export function describe(code: string, offset: number, hint: string = escapeHint): string {
  return `URL: ${code.replace(/[_-]/g, ' ').toLowerCase()}${offset < 0 ? '' : ` at offset ${offset}`}. ${hint}`;
}

export const schemeHint = 'Begin with amqp:// or rabbit://.';

/** What nearly every fault comes from: a character that has a meaning where none was meant. */
const escapeHint =
  'In names and passwords write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23, % as %25, comma as %2C.';
