import { inspectAs } from './inspect.js';

/**
 * A password that does not show itself: `***` in `String()`, templates, JSON, `util.inspect` and `console.log`,
 * nothing at all in a structured clone. Only {@link Secret.reveal} gives the text.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    Object.freeze(this);
  }

  /** The text itself. Call it where the broker is spoken to, and nowhere else. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }
}

inspectAs(Secret, () => '***');
