import type { Random } from './random.js';

type Mutation = (random: Random, frames: Buffer[]) => void;

const TELLING = [0, 1, 0x7f, 0x80, 0xce, 0xff];

const mutations: readonly Mutation[] = [
  // Octets of a frame.
  (random, frames) =>
    change(random, frames, (octets) => octets.writeUInt8(random.below(256), random.below(octets.length))),
  (random, frames) =>
    change(random, frames, (octets) => octets.writeUInt8(random.pick(TELLING), random.below(octets.length))),
  (random, frames) =>
    change(random, frames, (octets) => {
      const at = random.below(octets.length);
      octets.writeUInt8(octets.readUInt8(at) ^ (1 << random.below(8)), at);
    }),
  // Its method, with fields that belong to another.
  (random, frames) =>
    change(
      random,
      frames,
      (octets) => octets.length > 10 && octets.writeUInt8(random.pick([10, 20, 40, 50, 60, 85, 90]), 8),
    ),
  (random, frames) =>
    change(
      random,
      frames,
      (octets) => octets.length > 10 && octets.writeUInt8(random.below(12) * 10 + random.below(2), 10),
    ),
  // Its channel, its type, its size.
  (random, frames) =>
    change(random, frames, (octets) => octets.length > 7 && octets.writeUInt16BE(random.pick([0, 1, 2, 3, 65_535]), 1)),
  (random, frames) => change(random, frames, (octets) => octets.writeUInt8(random.pick([1, 2, 3, 8, 4, 0]), 0)),
  (random, frames) =>
    change(
      random,
      frames,
      (octets) =>
        octets.length > 7 &&
        octets.writeUInt32BE(random.pick([0, 1, 4, 131_064, 131_072, 131_073, 2 ** 30, 2 ** 32 - 1]), 3),
    ),
  // A part of it, its length put right: what is inside ends early.
  (random, frames) => {
    const at = place(random, frames);
    const octets = frames[at] as Buffer;
    if (octets.length < 9) return;
    const shorter = Buffer.from(
      Buffer.concat([octets.subarray(0, 7 + random.below(octets.length - 8)), Buffer.of(0xce)]),
    );
    shorter.writeUInt32BE(shorter.length - 8, 3);
    frames[at] = shorter;
  },
  // Whole frames.
  (random, frames) => void frames.splice(place(random, frames), 1),
  (random, frames) => void frames.splice(place(random, frames), 0, frames[place(random, frames)] as Buffer),
  (random, frames) => {
    const [one, other] = [place(random, frames), place(random, frames)];
    [frames[one], frames[other]] = [frames[other] as Buffer, frames[one] as Buffer];
  },
  // What is no frame.
  (random, frames) => void frames.splice(place(random, frames), 0, random.octets(1 + random.below(40))),
  (random, frames) => void frames.splice(1 + random.below(frames.length)),
];

/** A session as it may look after an accident: one to four things in it are other than they were. */
export function mutated(random: Random, session: readonly Buffer[]): Buffer[] {
  const frames = [...session];
  for (let count = 1 + random.below(4); count > 0; count -= 1) {
    if (frames.length > 1) random.pick(mutations)(random, frames);
  }
  return frames;
}

/** Mostly behind the handshake, so that there is something to break. */
function place(random: Random, frames: readonly Buffer[]): number {
  const first = random.oneIn(8) || frames.length < 6 ? 0 : 4;
  return first + random.below(frames.length - first);
}

function change(random: Random, frames: Buffer[], apply: (octets: Buffer) => unknown): void {
  const at = place(random, frames);
  const octets = Buffer.from(frames[at] as Buffer);
  if (octets.length > 0) apply(octets);
  frames[at] = octets;
}
