/** Counts frames in octets that pass by in any pieces, without keeping them. */
export class FrameWalker {
  #count = 0;
  // Octets of the frame under way that are still to come; undefined while its header is.
  #remaining: number | undefined;
  #header: number[] = [];

  /**
   * Walks over a piece. When the n-th frame (counted from 1) begins or ends in it, as asked, walking stops there and the
   * offset comes back.
   */
  find(piece: Buffer, n: number, edge: 'middle' | 'end'): number | undefined {
    let at = 0;
    while (at < piece.length) {
      if (this.#remaining === undefined) {
        this.#header.push(piece[at] as number);
        at += 1;
        if (this.#header.length < 7) continue;
        const [, , , a = 0, b = 0, c = 0, d = 0] = this.#header;
        this.#remaining = a * 0x1000000 + b * 0x10000 + c * 0x100 + d + 1;
        this.#header = [];
        this.#count += 1;
        // After its header, before its last octet: what is left can never be read as a frame.
        if (this.#count === n && edge === 'middle') return Math.min(at + (this.#remaining >> 1), piece.length);
        continue;
      }
      const step = Math.min(this.#remaining, piece.length - at);
      this.#remaining -= step;
      at += step;
      if (this.#remaining > 0) continue;
      this.#remaining = undefined;
      if (this.#count === n && edge === 'end') return at;
    }
    return undefined;
  }
}
