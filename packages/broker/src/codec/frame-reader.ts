import { frameError } from './frame-error.js';
import { FRAME_END, FRAME_HEADER_SIZE, FRAME_OVERHEAD, type Frame, type FrameType } from './frame-wrapping.js';

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Splits what a socket gives into frames, whichever way it was cut. Payloads that came in one piece are views of it; one
 * that came in several is joined into a buffer of its own, and never is more kept than one frame.
 */
export class FrameReader {
  /** Octets of the largest frame that is taken; 0 is no limit. Holds from the next frame on. */
  maxFrameSize: number;
  readonly #header: Buffer = Buffer.alloc(FRAME_HEADER_SIZE);
  #headerFilled = 0;
  /** Payload and end octet of the frame that is being joined. */
  #joined: Buffer | undefined;
  #joinedFilled = 0;

  constructor(maxFrameSize: number) {
    this.maxFrameSize = maxFrameSize;
  }

  /** How many octets of an unfinished frame are kept. */
  get pending(): number {
    return this.#headerFilled + this.#joinedFilled;
  }

  /**
   * Gives each frame that is complete now to `onFrame`, in order. Throws an AmqpFailure of the connection (501) for a frame
   * too large, of no known type, or without its end octet; what follows in the stream cannot be read then. What `onFrame`
   * throws passes through, and the rest of the chunk is dropped.
   */
  read(chunk: Buffer, onFrame: (frame: Frame) => void): void {
    let at = this.pending === 0 ? 0 : this.#continue(chunk, onFrame);
    while (chunk.length - at >= FRAME_HEADER_SIZE) {
      const size = this.#sizeOf(chunk, at);
      const start = at + FRAME_HEADER_SIZE;
      const end = start + size;
      if (end >= chunk.length) {
        this.#headerFilled = chunk.copy(this.#header, 0, at, start);
        this.#join(chunk, start, size);
        return;
      }
      at = end + 1;
      onFrame(frameOf(chunk, start - FRAME_HEADER_SIZE, chunk.subarray(start, end), chunk[end] as number));
    }
    if (at < chunk.length) this.#headerFilled = chunk.copy(this.#header, 0, at);
  }

  /** Goes on with the frame that the last chunk left unfinished; says where the next one begins. */
  #continue(chunk: Buffer, onFrame: (frame: Frame) => void): number {
    let at = 0;
    if (this.#joined === undefined) {
      at = chunk.copy(this.#header, this.#headerFilled);
      this.#headerFilled += at;
      if (this.#headerFilled < FRAME_HEADER_SIZE) return at;
      const size = this.#sizeOf(this.#header, 0);
      const end = at + size;
      if (end < chunk.length) {
        this.#headerFilled = 0;
        onFrame(frameOf(this.#header, 0, chunk.subarray(at, end), chunk[end] as number));
        return end + 1;
      }
      this.#join(chunk, at, size);
      return chunk.length;
    }
    const joined = this.#joined;
    at = chunk.copy(joined, this.#joinedFilled);
    this.#joinedFilled += at;
    if (this.#joinedFilled < joined.length) return at;
    this.#joined = undefined;
    this.#joinedFilled = 0;
    this.#headerFilled = 0;
    const size = joined.length - 1;
    onFrame(frameOf(this.#header, 0, joined.subarray(0, size), joined[size] as number));
    return at;
  }

  #join(chunk: Buffer, start: number, size: number): void {
    this.#joined = Buffer.allocUnsafe(size + 1);
    this.#joinedFilled = chunk.copy(this.#joined, 0, start);
  }

  /** The size of the payload, before any of it is kept. */
  #sizeOf(octets: Buffer, at: number): number {
    const size = octets.readUInt32BE(at + 3);
    // RabbitMQ lets the payload alone be as large as the frame may be, for clients that are wrong by the wrapping.
    if (this.maxFrameSize !== 0 && size > this.maxFrameSize) {
      throw frameError(
        octets[at] as number,
        NOTHING,
        `{frame_too_large,${size},${this.maxFrameSize - FRAME_OVERHEAD}}`,
      );
    }
    return size;
  }
}

function frameOf(header: Buffer, at: number, payload: Buffer, end: number): Frame {
  const type = header[at] as number;
  if (end !== FRAME_END) throw frameError(type, payload, `{invalid_frame_end_marker,${end}}`);
  if (!isFrameType(type) || (type === 8 && payload.length > 0)) throw frameError(type, payload, 'unknown_frame');
  return { type, channel: header.readUInt16BE(at + 1), payload };
}

function isFrameType(type: number): type is FrameType {
  return type === 1 || type === 2 || type === 3 || type === 8;
}
