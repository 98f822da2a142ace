import type { Socket } from 'node:net';

/** What a channel of amqplib writes its frames to. */
interface FrameBuffer {
  write(frame: Buffer): boolean;
  end(): unknown;
}

/** What of amqplib's connection decides how frames get to the socket; a later amqplib may lack any of it but the socket. */
export interface FrameInsides {
  readonly stream: Socket;
  readonly channels?: ({ buffer: FrameBuffer } | null)[];
  freshChannel?: (channel: unknown, options: unknown) => number;
  readonly muxer?: { _readIncoming?: () => void };
}

// Below this, copying frames together is cheaper than handing them over one by one.
const COPY_BYTES = 65_536;
// What is handed to the socket goes before a heartbeat, so of a long queue not all is handed over at once.
const BATCH_BYTES = 262_144;

/**
 * Has all frames of a turn of the event loop, publishes and acknowledgements alike, leave in one write; to be called before
 * the first channel is opened. Returns what writes them before the end of the turn, as far as the socket takes them.
 *
 * amqplib leads each frame through a stream of objects and a multiplexer of those, which costs as much as all else it does
 * for a message. Here a channel's frames go to one queue, in the order they are written, whatever their channel. Where this
 * amqplib is not built as expected, its own way is kept.
 */
export function writeFramesTogether(insides: FrameInsides): () => void {
  const { stream, channels, freshChannel } = insides;
  // Channel 0 writes to the socket itself: that shows that `buffer` is what frames are written to.
  const [connectionChannel] = channels ?? [];
  if (channels === undefined || freshChannel === undefined || connectionChannel?.buffer !== (stream as FrameBuffer)) {
    corkMultiplexer(insides);
    return () => {};
  }
  const queue = new FrameQueue(stream);
  insides.freshChannel = function withQueue(channel, options) {
    const number = freshChannel.call(insides, channel, options);
    const entry = channels[number];
    const own = entry?.buffer;
    if (entry && own !== undefined) {
      // amqplib's own buffer stays empty, but its end takes it out of the multiplexer.
      entry.buffer = { write: (frame) => queue.push(frame), end: () => own.end() };
    }
    return number;
  };
  return () => queue.write();
}

/** Frames that wait for the end of the turn, or for a socket that can take no more to drain. */
class FrameQueue {
  readonly #socket: Socket;
  #frames: Buffer[] = [];
  #state: 'idle' | 'scheduled' | 'congested' = 'idle';

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('drain', () => this.write());
    socket.once('close', () => {
      this.#frames = [];
    });
  }

  /** Always true, "go on": who publishes does not look at it, and what waits is bounded by `maxBuffered`. */
  push(frame: Buffer): true {
    this.#frames.push(frame);
    if (this.#state === 'idle') {
      this.#state = 'scheduled';
      process.nextTick(() => this.write());
    }
    return true;
  }

  /** Hands frames to the socket until it is congested; the rest follows when it has drained. */
  write(): void {
    while (this.#frames.length > 0 && !this.#socket.writableNeedDrain) this.#writeBatch();
    this.#state = this.#frames.length > 0 ? 'congested' : 'idle';
  }

  #writeBatch(): void {
    const socket = this.#socket;
    // Ended by amqplib after the broker's or our goodbye: nobody reads any more.
    if (!socket.writable) {
      this.#frames = [];
      return;
    }
    let bytes = 0;
    let count = 0;
    for (const { length } of this.#frames) {
      if (count > 0 && bytes + length > BATCH_BYTES) break;
      bytes += length;
      count += 1;
    }
    const frames = count === this.#frames.length ? this.#frames : this.#frames.slice(0, count);
    this.#frames = this.#frames.slice(count);
    const [first] = frames;
    if (count === 1 && first !== undefined) socket.write(first);
    else if (bytes < COPY_BYTES) socket.write(Buffer.concat(frames, bytes));
    else {
      socket.cork();
      for (const frame of frames) socket.write(frame);
      socket.uncork();
    }
  }
}

// Corked for the length of one turn of amqplib's multiplexer, all frames of that turn leave in one system call. Without
// such a method, frames are written as they come.
function corkMultiplexer({ muxer, stream }: FrameInsides): void {
  const readIncoming = muxer?._readIncoming;
  if (muxer === undefined || typeof readIncoming !== 'function') return;
  muxer._readIncoming = function corked() {
    stream.cork();
    try {
      readIncoming.call(muxer);
    } finally {
      stream.uncork();
    }
  };
}
