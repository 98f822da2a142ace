import type { Socket } from 'node:net';

/** What both lanes of a connection have in common; changed by hand, read at every step. */
export interface LaneConditions {
  frozen: boolean;
  /** What comes is thrown away, the ends too: nobody is told anything. */
  lost: boolean;
  delayMs: number;
}

type Item = { readonly dueAt: number } & ({ readonly chunk: Buffer } | { readonly end: 'in order' | 'reset' });

// Past this the source is not read any more, so that its sender feels that the receiver is slow.
const highWaterMark = 256 * 1024;

/** One direction of one connection: passes bytes, and then the end, in order, each after the delay. */
export class TcpLane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #conditions: LaneConditions;
  readonly #count: (bytes: number) => void;
  readonly #items: Item[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, conditions: LaneConditions, count: (bytes: number) => void) {
    this.#from = from;
    this.#to = to;
    this.#conditions = conditions;
    this.#count = count;
    from.on('data', (chunk: Buffer) => this.#push({ chunk, dueAt: this.#dueAt() }));
    from.on('end', () => this.#push({ end: 'in order', dueAt: this.#dueAt() }));
    from.on('error', () => this.#push({ end: 'reset', dueAt: this.#dueAt() }));
    to.on('drain', () => this.advance());
    to.on('close', () => this.#stop());
  }

  /** Passes on what is due; called again when the conditions have changed. */
  advance(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#conditions.lost) this.#items.length = 0;
    for (let item = this.#items[0]; item !== undefined && !this.#conditions.frozen; item = this.#items[0]) {
      const waitMs = item.dueAt - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.advance(), waitMs);
        break;
      }
      if ('chunk' in item && this.#to.writableNeedDrain) break;
      this.#items.shift();
      this.#pass(item);
    }
    this.#read();
  }

  #dueAt(): number {
    return performance.now() + this.#conditions.delayMs;
  }

  #push(item: Item): void {
    if (this.#to.destroyed || this.#conditions.lost) return;
    this.#items.push(item);
    this.advance();
  }

  #pass(item: Item): void {
    if ('chunk' in item) {
      this.#count(item.chunk.length);
      this.#to.write(item.chunk);
    } else if (item.end === 'reset') this.#to.resetAndDestroy();
    else this.#to.end();
  }

  // A frozen network does not even take the bytes off the sender's hands.
  #read(): void {
    const held = this.#items.reduce((sum, item) => sum + ('chunk' in item ? item.chunk.length : 0), 0);
    if (this.#conditions.frozen || held > highWaterMark) this.#from.pause();
    else if (this.#from.isPaused()) this.#from.resume();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#items.length = 0;
  }
}
