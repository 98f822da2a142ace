/** A peer by RabbitMQ's rules, in real time, whatever our event loop does. */
export interface SimulatedPeerOptions {
  readonly intervalMs: number;
  /** When its two timers were started, as offsets into their periods. */
  readonly senderPhaseMs: number;
  readonly receiverPhaseMs: number;
  /** When it sends something else than a heartbeat; ascending. */
  readonly sendsAtMs: readonly number[];
  /** From here on it says and does nothing. */
  readonly diesAtMs: number;
  /** Whether it sends heartbeats of its own. */
  readonly beats: boolean;
  /** Whether it answers whatever arrives, at once. */
  readonly answers: boolean;
  /** Whether it hangs up on a silent client. */
  readonly closes: boolean;
  /** How long the next segment travels. */
  readonly latencyMs: () => number;
}

/** One frame's worth of bytes: AMQP's heartbeat frame has eight. */
export const FRAME_BYTES = 8;

/**
 * Sender: every H / 2 a look at the octets sent; the same as at the last look, a heartbeat. Receiver: every H a look at the octets
 * received; the same at two looks in a row after the first, it closes.
 */
export class SimulatedPeer {
  /** When the peer hung up, if it did. */
  closedAtMs: number | undefined;
  readonly #options: SimulatedPeerOptions;
  readonly #toClient: number[] = [];
  readonly #toPeer: number[] = [];
  #sendCheckAt: number;
  #receiveCheckAt: number;
  #nextSend = 0;
  #sent = 0;
  #sentAtLastCheck = -1;
  #received = 0;
  #receivedAtLastCheck = -1;
  #sameChecks = 0;
  #lastArrivalAtClient = 0;
  #lastArrivalAtPeer = 0;

  constructor(options: SimulatedPeerOptions) {
    this.#options = options;
    this.#sendCheckAt = options.senderPhaseMs;
    this.#receiveCheckAt = options.receiverPhaseMs;
  }

  /** When the peer does something next, if it hears nothing new. */
  nextEventAt(): number {
    return Math.min(
      this.#sendCheckAt,
      this.#receiveCheckAt,
      this.#options.sendsAtMs[this.#nextSend] ?? Number.POSITIVE_INFINITY,
      this.#toPeer[0] ?? Number.POSITIVE_INFINITY,
    );
  }

  /** Does the next thing. */
  step(): void {
    const at = this.nextEventAt();
    const alive = at < this.#options.diesAtMs && this.closedAtMs === undefined;
    if (at === this.#toPeer[0]) {
      this.#toPeer.shift();
      this.#received += FRAME_BYTES;
      if (alive && this.#options.answers) this.#send(at);
    } else if (at === this.#options.sendsAtMs[this.#nextSend]) {
      this.#nextSend++;
      if (alive) this.#send(at);
    } else if (at === this.#sendCheckAt) {
      this.#sendCheckAt += this.#options.intervalMs / 2;
      const same = this.#sent === this.#sentAtLastCheck;
      this.#sentAtLastCheck = this.#sent;
      if (same && alive && this.#options.beats) this.#send(at);
    } else {
      this.#receiveCheckAt += this.#options.intervalMs;
      this.#sameChecks = this.#received === this.#receivedAtLastCheck ? this.#sameChecks + 1 : 0;
      this.#receivedAtLastCheck = this.#received;
      if (this.#sameChecks === 2 && alive && this.#options.closes) this.closedAtMs = at;
    }
  }

  advanceTo(atMs: number): void {
    while (this.nextEventAt() <= atMs) this.step();
  }

  /** When the first unread frame is, or will be, in our kernel. */
  firstArrival(): number {
    return this.#toClient[0] ?? Number.POSITIVE_INFINITY;
  }

  /** Takes what has arrived by now. */
  read(nowMs: number): number {
    let bytes = 0;
    while (this.firstArrival() <= nowMs) {
      this.#toClient.shift();
      bytes += FRAME_BYTES;
    }
    return bytes;
  }

  /** Our own bytes leave now. */
  write(nowMs: number): void {
    this.#lastArrivalAtPeer = Math.max(this.#lastArrivalAtPeer, nowMs + this.#options.latencyMs());
    this.#toPeer.push(this.#lastArrivalAtPeer);
  }

  #send(atMs: number): void {
    this.#sent += FRAME_BYTES;
    this.#lastArrivalAtClient = Math.max(this.#lastArrivalAtClient, atMs + this.#options.latencyMs());
    this.#toClient.push(this.#lastArrivalAtClient);
  }
}
