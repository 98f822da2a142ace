import type { Socket } from 'node:net';
import { FrameWalker } from './frame-walker.js';

/** What the owner of a wire hears. */
export interface WireListener {
  received(chunk: Buffer): void;
  /** About to write: the last moment to add to it. */
  flushing(): void;
  /** There is room again after {@link Wire.congested}. */
  drained(): void;
  /** The socket is gone. Told once. */
  ended(reason: string): void;
}

/** Cut what is sent at a frame: in the middle of it or after it, with a FIN or a RST. */
export interface SendCut {
  readonly frame: number;
  readonly edge: 'middle' | 'end';
  readonly how: 'drop' | 'reset';
  /** Asked when the frame is reached: whether this connection is meant. */
  readonly strikes: () => boolean;
  readonly done: () => void;
}

// Past so much unread output, consumers get nothing new; past the second mark, nothing more is read from the client
// either, since every request may bring an answer.
const CONGESTED_BYTES = 1 << 20;
const FLOODED_BYTES = 16 << 20;
// Below it, copying pieces together is cheaper than handing each to the kernel.
const JOIN_BYTES = 1 << 16;

/**
 * One client's socket, seen as octets: writes of one turn of the event loop leave together, and all faults of the
 * network happen here.
 */
export class Wire {
  readonly #socket: Socket;
  readonly #listener: WireListener;
  readonly #resetSocket: () => void;
  #pieces: Buffer[] = [];
  #pieceBytes = 0;
  #scheduled = false;
  #closing = false;
  #ended = false;
  // By how many faults.
  #freezes = 0;
  #stalled = false;
  #flooded = false;
  #wasCongested = false;
  readonly #cuts = new Set<SendCut & { readonly walker: FrameWalker }>();
  #reason: string | undefined;
  /** When octets last came and went, in ms of performance.now(). */
  lastReceived: number = performance.now();
  lastSent: number = performance.now();

  constructor(socket: Socket, listener: WireListener, resetSocket: () => void = () => socket.resetAndDestroy()) {
    this.#socket = socket;
    this.#listener = listener;
    this.#resetSocket = resetSocket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.lastReceived = performance.now();
      listener.received(chunk);
    });
    socket.on('drain', () => this.#drained());
    socket.on('end', () => this.#because('the client closed its socket'));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      this.#because(`the socket failed: ${error.code ?? error.message}`),
    );
    socket.on('close', () => {
      this.#ended = true;
      this.#pieces = [];
      listener.ended(this.#reason ?? 'the socket closed');
    });
  }

  /** Whether so much lies unread that no more deliveries should be added. */
  get congested(): boolean {
    const congested = this.frozen || this.#socket.writableLength + this.#pieceBytes > CONGESTED_BYTES;
    if (congested) this.#wasCongested = true;
    return congested;
  }

  /** Whether far more lies unread: only answers to what was asked before are added. */
  get flooded(): boolean {
    return this.#flooded;
  }

  get frozen(): boolean {
    return this.#freezes > 0;
  }

  /** Whether it is about to end: what is still read must not be carried out. */
  get closing(): boolean {
    return this.#closing || this.#ended;
  }

  /** Whether octets wait here or in the socket's buffer. */
  get pending(): boolean {
    return this.#pieceBytes > 0 || this.#socket.writableLength > 0;
  }

  /** Takes octets, whole frames of them; they leave at the end of this turn. */
  send(octets: Buffer): void {
    if (this.#closing || this.#ended) return;
    this.#pieces.push(octets);
    this.#pieceBytes += octets.length;
    this.wake();
  }

  /** Sees to it that the listener is asked for more, and that all is written, at the end of this turn. */
  wake(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  /** Reads no further (a blocked publisher), until {@link unstall}. */
  stall(): void {
    this.#stalled = true;
    this.#readOrNot();
  }

  unstall(): void {
    this.#stalled = false;
    // What came meanwhile has not been looked at: the client was not silent.
    this.lastReceived = performance.now();
    this.#readOrNot();
  }

  /** Half-open: reads nothing and writes nothing, and the peer cannot tell. */
  freeze(): void {
    this.#flush();
    this.#freezes += 1;
    this.#readOrNot();
  }

  /** Takes one {@link freeze} back, or all of them: it goes on when none is left. */
  thaw(entirely = false): void {
    if (!this.frozen) return;
    this.#freezes = entirely ? 0 : this.#freezes - 1;
    if (this.frozen) return;
    this.lastReceived = performance.now();
    this.#readOrNot();
    this.#flush();
    if (!this.congested) this.#drained();
  }

  /** Writes all and closes: FIN. */
  end(reason: string): void {
    if (this.#closing || this.#ended) return;
    this.#flush();
    this.#because(reason);
    this.#closing = true;
    this.#socket.end();
  }

  /** Closes without writing what waits: FIN, and nothing is read any more. */
  drop(reason: string): void {
    this.#because(reason);
    this.#closing = true;
    this.#pieces = [];
    this.#socket.destroy();
  }

  /** RST. */
  reset(reason: string): void {
    this.#because(reason);
    this.#closing = true;
    this.#pieces = [];
    this.#resetSocket();
  }

  cutAt(cut: SendCut): () => void {
    // What was sent before is not counted.
    this.#flush();
    const armed = { ...cut, walker: new FrameWalker() };
    this.#cuts.add(armed);
    return () => void this.#cuts.delete(armed);
  }

  #because(reason: string): void {
    this.#reason ??= reason;
  }

  #flush(): void {
    if (this.#ended || this.#closing) return;
    this.#listener.flushing();
    if (this.frozen || this.#pieceBytes === 0) return;
    const pieces = this.#pieces;
    const bytes = this.#pieceBytes;
    this.#pieces = [];
    this.#pieceBytes = 0;
    this.lastSent = performance.now();
    if (this.#cuts.size > 0) {
      this.#writeUpToCut(Buffer.concat(pieces, bytes));
    } else if (pieces.length === 1) {
      this.#socket.write(pieces[0] as Buffer);
    } else if (bytes <= JOIN_BYTES) {
      this.#socket.write(Buffer.concat(pieces, bytes));
    } else {
      this.#socket.cork();
      for (const piece of pieces) this.#socket.write(piece);
      this.#socket.uncork();
    }
    if (!this.#flooded && this.#socket.writableLength > FLOODED_BYTES) {
      this.#flooded = true;
      this.#readOrNot();
    }
  }

  #writeUpToCut(octets: Buffer): void {
    let [at, cut]: [number, SendCut | undefined] = [octets.length, undefined];
    for (const armed of [...this.#cuts]) {
      const found = armed.walker.find(octets, armed.frame, armed.edge);
      if (found === undefined) continue;
      this.#cuts.delete(armed);
      if ((cut === undefined || found < at) && armed.strikes()) [at, cut] = [found, armed];
    }
    if (cut === undefined) {
      this.#socket.write(octets);
      return;
    }
    this.#closing = true;
    this.#because(`a fault cut it at frame ${cut.frame} that was sent`);
    // The cut comes after the octets before it have left.
    const { how } = cut;
    this.#socket.write(octets.subarray(0, at), () => {
      if (how === 'reset') this.#resetSocket();
      else this.#socket.destroySoon();
    });
    cut.done();
  }

  #drained(): void {
    if (this.#flooded) {
      this.#flooded = false;
      this.#readOrNot();
    }
    if (!this.#wasCongested || this.congested) return;
    this.#wasCongested = false;
    this.#listener.drained();
  }

  #readOrNot(): void {
    if (this.frozen || this.#stalled || this.#flooded) this.#socket.pause();
    else this.#socket.resume();
  }
}
