import { checkInteger, checkNames } from './checks.js';

/**
 * Keeps what was answered, so that a request that comes again gets its reply again instead of being run again. One that all
 * servers of a topic share, in Redis or the like, helps where a request comes again at another server. It cannot help while
 * the first run has not ended: at least once stays at least once.
 */
export interface IdempotencyStore {
  /**
   * The reply that was put under this key; undefined: none was, or it is forgotten.
   * @param signal fires after 5 s, when the server does not wait any longer, and runs the method.
   */
  get(key: string, options: { readonly signal: AbortSignal }): Promise<string | undefined>;
  /**
   * Keeps a reply for as long as repeats may come, to be looked up once there is one. Empty for a cast: it has run.
   * @param key the request's id, which no other request has.
   */
  put(key: string, reply: string, options: { readonly signal: AbortSignal }): Promise<void>;
}

/** How much an idempotency window keeps. All are optional. */
export interface IdempotencyWindowOptions {
  /** How many replies. Default 4 096. */
  readonly maxReplies?: number;
  /** How many bytes of replies; a larger one is not kept. Default 16 777 216. */
  readonly maxBytes?: number;
  /** For how long, in ms. Default 600 000. */
  readonly maxAgeMs?: number;
}

/** Replies in the memory of this process; the oldest make room. @throws InvalidArgumentError */
export function createIdempotencyWindow(options: IdempotencyWindowOptions = {}): IdempotencyStore {
  checkNames('an idempotency window', options, ['maxReplies', 'maxBytes', 'maxAgeMs']);
  return new IdempotencyWindow(
    checkInteger('maxReplies', options.maxReplies ?? 4_096, 0, 10_000_000),
    checkInteger('maxBytes', options.maxBytes ?? 16_777_216, 0, Number.MAX_SAFE_INTEGER),
    checkInteger('maxAgeMs', options.maxAgeMs ?? 600_000, 1),
  );
}

interface Kept {
  readonly reply: string;
  readonly bytes: number;
  readonly at: number;
}

class IdempotencyWindow implements IdempotencyStore {
  readonly #maxReplies: number;
  readonly #maxBytes: number;
  readonly #maxAgeMs: number;
  // In the order they were put: the first is the oldest.
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  constructor(maxReplies: number, maxBytes: number, maxAgeMs: number) {
    this.#maxReplies = maxReplies;
    this.#maxBytes = maxBytes;
    this.#maxAgeMs = maxAgeMs;
  }

  async get(key: string): Promise<string | undefined> {
    this.#forgetOld();
    return this.#kept.get(key)?.reply;
  }

  async put(key: string, reply: string): Promise<void> {
    this.#forget(key);
    const bytes = Buffer.byteLength(key) + Buffer.byteLength(reply);
    if (bytes > this.#maxBytes) return;
    this.#kept.set(key, { reply, bytes, at: performance.now() });
    this.#bytes += bytes;
    this.#forgetOld();
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#maxReplies && this.#bytes <= this.#maxBytes) return;
      this.#forget(oldest);
    }
  }

  #forgetOld(): void {
    const since = performance.now() - this.#maxAgeMs;
    for (const [key, { at }] of this.#kept) {
      if (at > since) return;
      this.#forget(key);
    }
  }

  #forget(key: string): void {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0;
    this.#kept.delete(key);
  }
}
