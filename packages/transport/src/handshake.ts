import type { Socket } from 'node:net';

/** A frame as amqplib decodes it. */
interface Frame {
  readonly id?: number;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** What of amqplib's connection a watched handshake looks at. */
export interface HandshakeInsides {
  readonly stream: Socket;
  /** Octets that came and are no whole frame. */
  readonly rest: Buffer;
  recvFrame(): Frame | false;
}

/** What the client waits for. */
export type HandshakeStep = 'connection.start' | 'connection.tune' | 'connection.open-ok';

/** Why a server closed a connection. */
export interface CloseReason {
  readonly replyCode: number;
  readonly replyText: string;
}

const START = 0x000a_000a;
const TUNE = 0x000a_001e;
const CLOSE = 0x000a_0032;

/** What is seen of a handshake on the wire: amqplib's errors leave most of it out. */
export class Handshake {
  readonly #began: () => void;
  #insides: HandshakeInsides | undefined;
  #step: HandshakeStep = 'connection.start';
  #mechanisms: readonly string[] = [];
  #closed: CloseReason | undefined;
  #frameMax: number | undefined;

  /** @param began hears when TCP and TLS are done. */
  constructor(began: () => void) {
    this.#began = began;
  }

  get began(): boolean {
    return this.#insides !== undefined;
  }

  /** What it goes over, once that is connected. */
  get socket(): Socket | undefined {
    return this.#insides?.stream;
  }

  get step(): HandshakeStep {
    return this.#step;
  }

  /** What the server lets clients say who they are by. */
  get mechanisms(): readonly string[] {
    return this.#mechanisms;
  }

  get closed(): CloseReason | undefined {
    return this.#closed;
  }

  /** The largest frame of the server's proposal. */
  get frameMax(): number | undefined {
    return this.#frameMax;
  }

  /** The first octets that came and are no whole frame. */
  get unread(): Buffer {
    return this.#insides?.rest.subarray(0, 64) ?? Buffer.alloc(0);
  }

  begin(insides: HandshakeInsides): void {
    this.#insides = insides;
    const { recvFrame } = insides;
    insides.recvFrame = () => {
      const frame = recvFrame.call(insides);
      if (frame) this.#received(frame);
      return frame;
    };
    this.#began();
  }

  end(): void {
    const insides = this.#insides;
    if (insides === undefined) return;
    // Assigned and not deleted: an object that loses a property is slow for the rest of its life.
    insides.recvFrame = Object.getPrototypeOf(insides).recvFrame;
  }

  #received({ id, fields = {} }: Frame): void {
    if (id === START) {
      this.#step = 'connection.tune';
      this.#mechanisms = String(fields['mechanisms']).split(' ').filter(Boolean);
    } else if (id === TUNE) {
      this.#step = 'connection.open-ok';
      this.#frameMax = Number(fields['frameMax']);
    } else if (id === CLOSE) {
      this.#closed = { replyCode: Number(fields['replyCode']), replyText: String(fields['replyText']) };
    }
  }
}
