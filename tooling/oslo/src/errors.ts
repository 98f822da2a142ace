/** What went wrong, for programs. */
export type OsloToolingErrorCode =
  /** No Python with oslo.messaging is to be had. */
  | 'ERR_LEVERET_TOOLING_NO_OSLO'
  /** A Python peer ended, or was stopped, before it did what was asked. */
  | 'ERR_LEVERET_TOOLING_PEER_ENDED';

/** A Python peer could not be had, or ended too early. The message says what was being done and what Python said. */
export class OsloToolingError extends Error {
  override readonly name: string = 'OsloToolingError';
  readonly code: OsloToolingErrorCode;

  constructor(code: OsloToolingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
