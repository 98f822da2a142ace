/** A body of text, in UTF-8: it becomes bytes only where it is written, and without being joined before. */
export class TextBody {
  /** In bytes. */
  readonly length: number;
  readonly #pieces: readonly string[];
  readonly #encoding: 'latin1' | 'utf8';

  constructor(pieces: readonly string[]) {
    let units = 0;
    let bytes = 0;
    for (const piece of pieces) {
      units += piece.length;
      bytes += Buffer.byteLength(piece);
    }
    this.length = bytes;
    this.#pieces = pieces;
    // Where each unit is one byte, all is ASCII, and Latin-1 is the same and quicker to write.
    this.#encoding = units === bytes ? 'latin1' : 'utf8';
  }

  /** Writes it; there must be room. Returns where it ends. */
  writeTo(into: Buffer, start: number): number {
    let at = start;
    for (const piece of this.#pieces) at += into.write(piece, at, this.#encoding);
    return at;
  }

  toBuffer(): Buffer {
    const buffer = Buffer.allocUnsafe(this.length);
    this.writeTo(buffer, 0);
    return buffer;
  }
}
