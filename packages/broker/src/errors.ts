/** What can go wrong in the hands of the one who runs the broker. Stable; the message is for people. */
export type BrokerErrorCode =
  | 'ERR_LEVERET_BROKER_OPTION'
  | 'ERR_LEVERET_BROKER_PORT'
  | 'ERR_LEVERET_BROKER_STATE'
  | 'ERR_LEVERET_BROKER_NOT_FOUND'
  | 'ERR_LEVERET_BROKER_NOT_IDLE';

/** What every function of the broker throws; what clients do wrong is answered to them, on the wire. Match on `code`. */
export class BrokerError extends Error {
  override readonly name: string = 'BrokerError';
  readonly code: BrokerErrorCode;

  constructor(code: BrokerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
