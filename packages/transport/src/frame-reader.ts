import type { Socket } from 'node:net';
import { WholeFrames } from './whole-frames.js';

/** What of amqplib's connection decides how frames are read; a later amqplib may lack any of it but the socket. */
export interface ReadInsides {
  readonly stream: Socket;
  readonly maxFrameSize?: unknown;
  /** Octets that came and were not decoded. */
  rest: Buffer;
  recvFrame(): unknown;
}

const BUFFER_BYTES = 262_144;
const readers = new WeakMap<Socket, WholeFrames>();

/**
 * An option for a socket: what comes is read into one buffer, for as long as the socket lives. Without it, Node.js allocates
 * 64 kB for each time that it reads.
 * @param socket gives the socket that the option was for, once it is connected.
 */
export function readIntoOneBuffer(socket: () => Socket | undefined): { readonly onread?: object } {
  // Bun reads no further unless what was read is pushed into the stream.
  if (process.versions['bun'] !== undefined) return {};
  return {
    onread: {
      buffer: Buffer.allocUnsafeSlow(BUFFER_BYTES),
      callback(length: number, buffer: Uint8Array): boolean {
        const bytes = Buffer.from(buffer.buffer, buffer.byteOffset, length);
        const stream = socket();
        const frames = stream && readers.get(stream);
        if (frames === undefined) stream?.push(Buffer.from(bytes));
        else {
          frames.add(bytes, true);
          stream?.emit('readable');
        }
        return true;
      },
    },
  };
}

/**
 * Has amqplib decode frames that are whole; to be called once its handshake is over. By itself it copies all that has come
 * and is no whole frame, again with each piece that comes: of a large body each byte two or three times. Returns undefined
 * where this amqplib is not built as expected.
 */
export function readWholeFrames(insides: ReadInsides): WholeFrames | undefined {
  const { stream, rest, maxFrameSize, recvFrame } = insides;
  if (!Buffer.isBuffer(rest) || typeof recvFrame !== 'function' || typeof maxFrameSize !== 'number') return undefined;
  const frames = new WholeFrames(maxFrameSize);
  frames.add(rest, false);
  insides.rest = NOTHING;
  readers.set(stream, frames);
  insides.recvFrame = () => {
    if (insides.rest.length === 0) {
      let next = frames.take();
      while (next === undefined) {
        const bytes: Buffer | null = stream.read();
        if (bytes === null) return false;
        frames.add(bytes, false);
        next = frames.take();
      }
      insides.rest = next;
    }
    return recvFrame.call(insides);
  };
  return frames;
}

const NOTHING = Buffer.alloc(0);
