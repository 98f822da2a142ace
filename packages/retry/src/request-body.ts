/** A request's body over the attempts to send it. */
export interface RequestBody {
  /** What to hand out at each attempt. */
  readonly body: unknown;
  /** Whether what was handed out before can be sent once more, from its first byte. */
  readonly replayable: boolean;
  /** Tells of a stream that breaks while nobody else listens to it, and returns a function that ends that. */
  watch?(onError: (error: unknown) => void): () => void;
}

/**
 * How a body can be sent again: text, bytes, a Blob and FormData always can, and so can a collection or any other object that
 * gives a new iterator each time. What is read only once, such as a stream or a generator, can while nothing was read of it.
 */
export function requestBody(body: unknown): RequestBody {
  if (typeof body !== 'object' || body === null) return { body, replayable: true };
  if (has(body, 'pipe') && has(body, 'on')) return new StreamBody(body as NodeStream);
  const plain =
    ArrayBuffer.isView(body) ||
    Array.isArray(body) ||
    // Those of FormData go by its methods.
    has(body, 'append') ||
    !(Symbol.iterator in body || Symbol.asyncIterator in body);
  return plain ? { body, replayable: true } : new IterableBody(body as Source, readOnce(body));
}

function has(object: object, method: string): boolean {
  return typeof (object as Record<string, unknown>)[method] === 'function';
}

/** Told without asking for an iterator: that alone would lock a web stream. */
function readOnce(body: object): boolean {
  const iterator = has(body, 'next');
  const webStream = has(body, 'getReader');
  // Undici's redirect and retry put a body in one that fails when it is read again.
  const undiciOnce = Object.getOwnPropertySymbols(body).some(({ description }) => description === 'used');
  return iterator || webStream || undiciOnce;
}

/** What is needed of a stream of Node. */
interface NodeStream {
  readonly readableDidRead?: boolean;
  readonly destroyed?: boolean;
  on(event: 'error', listener: (error: unknown) => void): void;
  off(event: 'error', listener: (error: unknown) => void): void;
}

class StreamBody implements RequestBody {
  readonly body: NodeStream;

  constructor(stream: NodeStream) {
    this.body = stream;
  }

  get replayable(): boolean {
    return this.body.readableDidRead === false && this.body.destroyed === false;
  }

  watch(onError: (error: unknown) => void): () => void {
    this.body.on('error', onError);
    return () => this.body.off('error', onError);
  }
}

type Chunk = string | { readonly byteLength: number };
type Source = AsyncIterable<Chunk> | Iterable<Chunk>;

class IterableBody implements RequestBody, AsyncIterable<Chunk> {
  readonly #source: Source;
  readonly #readOnce: boolean;
  #opened = false;
  #mostRead = 0;

  constructor(source: Source, once: boolean) {
    this.#source = source;
    this.#readOnce = once;
  }

  get body(): this {
    return this;
  }

  get replayable(): boolean {
    return !(this.#readOnce && this.#opened);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Chunk, void, void> {
    this.#opened = true;
    let read = 0;
    for await (const chunk of this.#source) {
      read += typeof chunk === 'string' ? chunk.length : chunk.byteLength;
      this.#mostRead = Math.max(this.#mostRead, read);
      yield chunk;
    }
    // It looked like something that can be iterated again, and gave up its rest: half a body must not pass for a whole one.
    if (read < this.#mostRead)
      throw new TypeError('The body of the request cannot be read twice: it was shorter when sent again.');
  }
}
