/** Looks for bytes below 0x20 among those that were written into its memory. */
export interface LowByteSearch {
  /** 64 kB. */
  readonly memory: Buffer;
  /** Whether one is among so many bytes from the start; what follows them, up to fifteen bytes, is written over. */
  hasLowByte(bytes: number): boolean;
}

const MEMORY_BYTES = 65_536;
const SPACE = 0x20;

/** By WebAssembly, sixteen bytes at a time, which takes a fourth of the time; else in JavaScript, four at a time. */
export function createLowByteSearch(): LowByteSearch {
  try {
    return byWebAssembly();
  } catch {
    // A runtime that was told to generate no code has none of it, and neither memory may it be given.
    return byWords();
  }
}

/** As `createLowByteSearch`. @throws what WebAssembly does, and a ReferenceError where there is none. */
export function byWebAssembly(): LowByteSearch {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()));
  const { memory: pages, search } = exports as Exports;
  const memory = Buffer.from(pages.buffer);
  return {
    memory,
    hasLowByte(bytes) {
      if (bytes === 0) return false;
      memory.fill(SPACE, bytes, bytes + 15);
      return search((bytes + 15) & ~15) !== 0;
    },
  };
}

/** As `createLowByteSearch`. */
export function byWords(): LowByteSearch {
  const words = new Int32Array(MEMORY_BYTES / 4);
  const memory = Buffer.from(words.buffer);
  return {
    memory,
    hasLowByte(bytes) {
      memory.fill(SPACE, bytes, bytes + 3);
      const count = (bytes + 3) >> 2;
      let found = 0;
      // A byte below 0x20 borrows from its highest bit, which was not set before; nothing else does without one that has.
      for (let i = 0; i < count; i += 1) {
        const word = words[i] as number;
        found |= (word - SPACES) & ~word;
      }
      return (found & 0x80_80_80_80) !== 0;
    },
  };
}

const SPACES = 0x20_20_20_20;

// Not in the types of Node.js.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  search(end: number): number;
}

// (memory (export "memory") 1)
// (func (export "search") (param $end i32) (result i32) (local $least v128) …), from the end down to 0, sixteen bytes at a time.
function moduleBytes(): Uint8Array {
  return Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // a module of version 1
    ...[0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f], // types: a function from i32 to i32
    ...[0x03, 0x02, 0x01, 0x00], // functions: one of that type
    ...[0x05, 0x03, 0x01, 0x00, 0x01], // memories: one, of one page
    ...[0x07, 0x13, 0x02], // exports: two
    ...[0x06, ...ascii('memory'), 0x02, 0x00],
    ...[0x06, ...ascii('search'), 0x00, 0x00],
    ...[0x0a, 0x4a, 0x01, 0x48], // code: of one function
    ...[0x01, 0x01, 0x7b], // (local $least v128)
    ...[0xfd, 0x0c, ...sixteen(0xff)], // v128.const 0xff…
    ...[0x21, 0x01], // local.set $least
    ...[0x03, 0x40], // loop
    ...[0x20, 0x00, 0x41, 0x10, 0x6b, 0x22, 0x00], // local.get $end, i32.const 16, i32.sub, local.tee $end
    ...[0xfd, 0x00, 0x00, 0x00], // v128.load
    ...[0x20, 0x01, 0xfd, 0x77, 0x21, 0x01], // local.get $least, i8x16.min_u, local.set $least
    ...[0x20, 0x00, 0x0d, 0x00], // local.get $end, br_if to the loop
    0x0b, // end of the loop
    ...[0x20, 0x01], // local.get $least
    ...[0xfd, 0x0c, ...sixteen(SPACE)], // v128.const 0x20…
    ...[0xfd, 0x26, 0xfd, 0x53], // i8x16.lt_u, v128.any_true
    0x0b, // end of the function
  );
}

function ascii(text: string): Uint8Array {
  return Buffer.from(text);
}

function sixteen(byte: number): Uint8Array {
  return new Uint8Array(16).fill(byte);
}
