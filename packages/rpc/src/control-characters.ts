import { createLowByteSearch, type LowByteSearch } from './low-byte-search.js';

// A text is looked at piece by piece: a unit of UTF-16 takes three bytes at most, and the memory has room for those.
const PIECE_LENGTH = 16_384;
const PIECE_BYTES = 3 * PIECE_LENGTH;

// Made when it is first needed: nothing is to be compiled by an import.
let made: LowByteSearch | undefined;

/** Whether the text holds a character below U+0020, which JSON has to escape. */
export function hasControlCharacters(text: string): boolean {
  made ??= createLowByteSearch();
  for (let from = 0; from < text.length; from += PIECE_LENGTH) {
    const piece = from === 0 && text.length <= PIECE_LENGTH ? text : text.slice(from, from + PIECE_LENGTH);
    if (made.hasLowByte(made.memory.write(piece))) return true;
  }
  return false;
}

/** The same of bytes. */
export function hasControlBytes(bytes: Uint8Array): boolean {
  made ??= createLowByteSearch();
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
    const piece = bytes.subarray(from, from + PIECE_BYTES);
    made.memory.set(piece);
    if (made.hasLowByte(piece.length)) return true;
  }
  return false;
}
