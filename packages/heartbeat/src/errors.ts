/**
 * An option, or one side of a negotiation, that no heartbeat can be made of. Thrown at once by the function it was given to,
 * never later from a timer.
 */
export class HeartbeatOptionError extends Error {
  override readonly name: string = 'HeartbeatOptionError';
  /** Stable; match on this. */
  readonly code: 'ERR_LEVERET_HEARTBEAT_OPTION' = 'ERR_LEVERET_HEARTBEAT_OPTION';
  /** Which option, by the name it has in the signature. */
  readonly option: string;
  /** What was given. */
  readonly value: unknown;

  constructor(option: string, value: unknown, sentence: string) {
    super(sentence);
    this.option = option;
    this.value = value;
  }
}
