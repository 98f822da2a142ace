/** The numbers from 0 on. */
export function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}

/** A body of so many bytes that no frame of it looks like another. */
export function patterned(length: number): Buffer {
  const body = Buffer.alloc(length);
  for (let offset = 0; offset + 4 <= length; offset += 4)
    body.writeUInt32LE(Math.imul(offset, 2_654_435_761) >>> 0, offset);
  return body;
}

/** Collects messages that say who sent them and as which, and tells when all are here. */
export class Deliveries {
  readonly #bySender = new Map<number, number[]>();
  readonly #expected: number;
  readonly #complete: Promise<void>;
  #completed: () => void = () => undefined;
  #count = 0;

  constructor(expected: number) {
    this.#expected = expected;
    this.#complete = new Promise((resolve) => {
      this.#completed = resolve;
    });
  }

  static body(sender: number, index: number): Buffer {
    return Buffer.from(`${sender}:${index}`);
  }

  take(body: Buffer | string): void {
    const [sender = -1, index = -1] = String(body).split(':').map(Number);
    const taken = this.#bySender.get(sender);
    if (taken === undefined) this.#bySender.set(sender, [index]);
    else taken.push(index);
    this.#count += 1;
    if (this.#count === this.#expected) this.#completed();
  }

  /** What came of each sender, in the order in which it came; resolves when as many as were expected are here. */
  async all(): Promise<ReadonlyMap<number, readonly number[]>> {
    await this.#complete;
    return this.#bySender;
  }
}
