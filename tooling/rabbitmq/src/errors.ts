/** What went wrong, for programs. */
export type RabbitmqToolingErrorCode =
  /** There is no broker to be had: nothing installed, nothing installable, no URL given. */
  | 'ERR_LEVERET_TOOLING_NO_RABBITMQ'
  /** The package manager failed. */
  | 'ERR_LEVERET_TOOLING_INSTALL'
  /** openssl is missing, or failed. */
  | 'ERR_LEVERET_TOOLING_CERTIFICATES'
  /** The broker did not start, or ended while it was starting. */
  | 'ERR_LEVERET_TOOLING_START'
  /** The broker did not do what an operator's command asked. */
  | 'ERR_LEVERET_TOOLING_CONTROL';

/** A test broker could not be had, started or commanded. The message says what was being done and what to do. */
export class RabbitmqToolingError extends Error {
  override readonly name: string = 'RabbitmqToolingError';
  readonly code: RabbitmqToolingErrorCode;

  constructor(code: RabbitmqToolingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
