import { inspectAs } from './inspect.js';

/**
 * A password that does not show itself: `***` in `String()`, templates, JSON, `util.inspect` and `console.log`,
 * nothing at all in a structured clone. Only {@link Secret.reveal} gives the text.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    Object.freeze(this);
  }

  /** The text itself. Call it where the broker is spoken to, and nowhere else. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return `${this}`;
  }
}

inspectAs(Secret, (secret) => `${secret}`);
