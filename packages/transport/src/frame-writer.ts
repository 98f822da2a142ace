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

// Below this, copying a frame is cheaper than handing it over on its own.
const COPY_BYTES = 16_384;
const SLAB_BYTES = 65_536;
// What is handed to the socket goes before a heartbeat, so of a long queue not all is handed over at once.
const BATCH_BYTES = 262_144;

/**
 * Has all frames of a turn of the event loop, publishes and acknowledgements alike, leave in one write; to be called before
 * the first channel is opened. Returns the queue that they go through.
 *
 * amqplib leads each frame through a stream of objects and a multiplexer of those, which costs as much as all else it does
 * for a message. Here a channel's frames go to one queue, in the order they are written, whatever their channel. Where this
 * amqplib is not built as expected, its own way is kept, and there is no queue.
 */
export function writeFramesTogether(insides: FrameInsides): FrameQueue | undefined {
  const { stream, channels, freshChannel } = insides;
  // Channel 0 writes to the socket itself: that shows that `buffer` is what frames are written to.
  const [connectionChannel] = channels ?? [];
  if (channels === undefined || freshChannel === undefined || connectionChannel?.buffer !== (stream as FrameBuffer)) {
    corkMultiplexer(insides);
    return undefined;
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
  return queue;
}

/** Frames that wait for the end of the turn, or for a socket that can take no more to drain. */
export class FrameQueue {
  /** Where frames are written into, between `begin` and `end`. */
  slab: Buffer = Buffer.alloc(0);
  readonly #socket: Socket;
  // The slab from here to there holds what is not in #chunks yet.
  #from = 0;
  #to = 0;
  #chunks: Buffer[] = [];
  #state: 'idle' | 'scheduled' | 'congested' = 'idle';

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('drain', () => this.write());
    socket.once('close', () => this.#drop());
  }

  /** Always true, "go on": who publishes does not look at it, and what waits is bounded by `maxBuffered`. */
  push(frame: Buffer): true {
    if (frame.length >= COPY_BYTES) this.pushUncopied(frame);
    else {
      const at = this.begin(frame.length);
      this.slab.set(frame, at);
      this.end(at + frame.length);
    }
    return true;
  }

  /** The bytes themselves, which must not change until they are written. */
  pushUncopied(bytes: Buffer): void {
    this.#seal();
    this.#chunks.push(bytes);
    this.#schedule();
  }

  /** Makes room in the slab for at most so many bytes; returns where they begin. */
  begin(atMost: number): number {
    if (this.slab.length - this.#to < atMost) {
      this.#seal();
      // Where one large message is written, more of its kind follow in the same turn.
      this.slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, 4 * atMost));
      this.#from = 0;
      this.#to = 0;
    }
    return this.#to;
  }

  /** What was written into the slab ends here. */
  end(at: number): void {
    this.#to = at;
    this.#schedule();
  }

  /** Hands frames to the socket until it is congested; the rest follows when it has drained. */
  write(): void {
    this.#seal();
    while (this.#chunks.length > 0 && !this.#socket.writableNeedDrain) this.#writeBatch();
    this.#state = this.#chunks.length > 0 ? 'congested' : 'idle';
    // The kernel has it all: the slab can be written over.
    if (this.#state === 'idle' && this.#socket.writableLength === 0) {
      this.#from = 0;
      this.#to = 0;
    }
  }

  #schedule(): void {
    if (this.#state !== 'idle') return;
    this.#state = 'scheduled';
    process.nextTick(() => this.write());
  }

  #seal(): void {
    if (this.#to === this.#from) return;
    this.#chunks.push(this.slab.subarray(this.#from, this.#to));
    this.#from = this.#to;
  }

  #writeBatch(): void {
    const socket = this.#socket;
    // Ended by amqplib after the broker's or our goodbye: nobody reads any more.
    if (!socket.writable) {
      this.#drop();
      return;
    }
    let bytes = 0;
    let count = 0;
    for (const { length } of this.#chunks) {
      if (count > 0 && bytes + length > BATCH_BYTES) break;
      bytes += length;
      count += 1;
    }
    const chunks = count === this.#chunks.length ? this.#chunks : this.#chunks.slice(0, count);
    this.#chunks = this.#chunks.slice(count);
    const [first] = chunks;
    if (count === 1 && first !== undefined) socket.write(first);
    else {
      socket.cork();
      for (const chunk of chunks) socket.write(chunk);
      socket.uncork();
    }
  }

  #drop(): void {
    this.#chunks = [];
    this.#from = this.#to;
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
