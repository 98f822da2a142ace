import type { RpcServerEvent } from './events.js';
import type { IdempotencyStore } from './idempotency.js';

const LIMIT_MS = 5_000;

/** An application's store, which may fail or hang: a request must not. */
export class StoredReplies {
  readonly #store: IdempotencyStore;
  readonly #emit: (event: RpcServerEvent) => void;

  constructor(store: IdempotencyStore, emit: (event: RpcServerEvent) => void) {
    this.#store = store;
    this.#emit = emit;
  }

  /** Never rejects: what cannot be looked up counts as not there. */
  get(key: string): Promise<string | undefined> {
    return this.#within('get', (signal) => this.#store.get(key, { signal }));
  }

  /** Never rejects. */
  async put(key: string, reply: string): Promise<void> {
    await this.#within('put', (signal) => this.#store.put(key, reply, { signal }));
  }

  async #within<T>(operation: 'get' | 'put', act: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const controller = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        const reason = new Error(`The idempotency store did not answer within ${LIMIT_MS} ms.`);
        controller.abort(reason);
        reject(reason);
      }, LIMIT_MS);
    });
    try {
      // Also a store that throws at once, or answers with no promise.
      return await Promise.race([late, Promise.resolve(controller.signal).then(act)]);
    } catch (error) {
      this.#emit({ type: 'idempotency-failed', operation, error });
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}
