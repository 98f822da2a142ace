// A text is looked at piece by piece in here: four bytes for each look, and a unit of UTF-16 takes three at most.
const PIECE_LENGTH = 16_384;
const words = new Int32Array((PIECE_LENGTH * 3) / 4 + 1);
const scratch = Buffer.from(words.buffer);
const SPACES = 0x20_20_20_20;

/** Whether the text holds a character below U+0020, which JSON has to escape. */
export function hasControlCharacters(text: string): boolean {
  for (let from = 0; from < text.length; from += PIECE_LENGTH) {
    const bytes = scratch.write(
      from === 0 && text.length <= PIECE_LENGTH ? text : text.slice(from, from + PIECE_LENGTH),
    );
    scratch.fill(0x20, bytes, bytes + 4);
    if (hasLowByte((bytes + 3) >> 2)) return true;
  }
  return false;
}

/** The same of bytes. */
export function hasControlBytes(bytes: Uint8Array): boolean {
  for (let from = 0; from < bytes.length; from += PIECE_LENGTH) {
    const piece = bytes.subarray(from, from + PIECE_LENGTH);
    scratch.set(piece);
    scratch.fill(0x20, piece.length, piece.length + 4);
    if (hasLowByte((piece.length + 3) >> 2)) return true;
  }
  return false;
}

/** Whether a byte below 0x20 is among the first so many words of the scratch. */
function hasLowByte(count: number): boolean {
  let found = 0;
  // A byte below 0x20 borrows from its highest bit, which was not set before; nothing else does without one that has.
  for (let i = 0; i < count; i += 1) {
    const word = words[i] as number;
    found |= (word - SPACES) & ~word;
  }
  return (found & 0x80_80_80_80) !== 0;
}
