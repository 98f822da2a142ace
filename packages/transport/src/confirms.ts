import type { Message } from './link.js';
import type { Outgoing, Returned } from './outgoing.js';
import type { PublishChannel, PublishChannelListener } from './publish-channel.js';

/** What the owner of the channel hears. */
export interface ConfirmsListener {
  /** Once for each message: confirmed, or nacked; `message.returned` is set if it was returned before. */
  confirmed(message: Outgoing, nacked: boolean): void;
  /** A message came back that nobody waits for any more, or that was never sent. */
  strayReturned(exchange: string, routingKey: string, returned: Returned): void;
  /** Once, unless `abandon` came first: the channel has ended, and these have no confirm. */
  closed(reason: Error | undefined, unconfirmed: readonly Outgoing[], confirms: Confirms): void;
  /** After `retire`: the last confirm has come, and the channel is closed. */
  retired(confirms: Confirms): void;
}

/** The one channel that publishes on a link: writes messages, and matches returns and confirms to them. */
export class Confirms implements PublishChannelListener {
  readonly #channel: PublishChannel;
  readonly #listener: ConfirmsListener;
  // By delivery tag, from the oldest unconfirmed one on, in a ring whose length is a power of two.
  #ring: (Outgoing | undefined)[] = new Array<Outgoing | undefined>(256).fill(undefined);
  #oldestTag = 1;
  #nextTag = 1;
  #nextReturnTag = 1;
  #size = 0;
  #open = true;
  #retiring = false;

  constructor(channel: PublishChannel, listener: ConfirmsListener) {
    this.#channel = channel;
    this.#listener = listener;
    channel.listen(this);
  }

  get open(): boolean {
    return this.#open;
  }

  /** How many wait for their confirm. */
  get size(): number {
    return this.#size;
  }

  /** False: the channel is ending. @throws when a header or property cannot be encoded; then nothing was written. */
  publish(message: Outgoing): boolean {
    if (!this.#channel.publish(message)) return false;
    if (this.#nextTag - this.#oldestTag === this.#ring.length) this.#grow();
    this.#ring[this.#nextTag & (this.#ring.length - 1)] = message;
    this.#nextTag += 1;
    this.#size += 1;
    message.inFlight = true;
    message.returned = undefined;
    return true;
  }

  /** Publishes nothing more; gives back what has no confirm. */
  abandon(): readonly Outgoing[] {
    this.#open = false;
    const unconfirmed: Outgoing[] = [];
    for (let tag = this.#oldestTag; tag < this.#nextTag; tag += 1) {
      const message = this.#take(tag);
      if (message !== undefined) unconfirmed.push(message);
    }
    return unconfirmed;
  }

  /** Publishes nothing more, and closes the channel as soon as nothing waits for its confirm. */
  retire(): void {
    this.#retiring = true;
    this.#leaveIfDone();
  }

  confirmed(tag: number, multiple: boolean, nacked: boolean): void {
    if (!this.#open) return;
    // 0 with `multiple`: all there are.
    const last = multiple && tag === 0 ? this.#nextTag - 1 : tag;
    for (let at = multiple ? this.#oldestTag : tag; at <= last && at < this.#nextTag; at += 1) {
      const message = this.#take(at);
      if (message !== undefined) this.#listener.confirmed(message, nacked);
    }
    if (this.#retiring) this.#leaveIfDone();
  }

  returned({ fields, content }: Message): void {
    const { replyCode, replyText } = fields as unknown as Returned;
    const { exchange, routingKey } = fields;
    const said: Returned = { replyCode, replyText };
    const message = this.#findReturned(exchange, routingKey, content);
    if (message !== undefined) message.returned = said;
    if (message === undefined || message.settled) this.#listener.strayReturned(exchange, routingKey, said);
  }

  closed(reason: Error | undefined): void {
    if (this.#open) this.#listener.closed(reason, this.abandon(), this);
  }

  #leaveIfDone(): void {
    if (!this.#open || this.#size > 0) return;
    this.#open = false;
    this.#channel.close();
    this.#listener.retired(this);
  }

  // The broker returns a message before it confirms it, whole, but without its delivery tag. It goes through a channel's
  // messages in order, so that what was returned is looked for from the last one on, and only then before it.
  #findReturned(exchange: string, routingKey: string, body: Buffer): Outgoing | undefined {
    const start = Math.max(this.#nextReturnTag, this.#oldestTag);
    const ranges = [
      [start, this.#nextTag],
      [this.#oldestTag, start],
    ] as const;
    for (const [from, to] of ranges) {
      for (let tag = from; tag < to; tag += 1) {
        const message = this.#ring[tag & (this.#ring.length - 1)];
        if (
          message?.mandatory &&
          message.returned === undefined &&
          message.routingKey === routingKey &&
          message.exchange === exchange &&
          message.body.equals(body)
        ) {
          this.#nextReturnTag = tag + 1;
          return message;
        }
      }
    }
    return undefined;
  }

  #take(tag: number): Outgoing | undefined {
    if (tag < this.#oldestTag || tag >= this.#nextTag) return undefined;
    const at = tag & (this.#ring.length - 1);
    const message = this.#ring[at];
    if (message === undefined) return undefined;
    this.#ring[at] = undefined;
    this.#size -= 1;
    message.inFlight = false;
    if (tag === this.#oldestTag) {
      do this.#oldestTag += 1;
      while (this.#oldestTag < this.#nextTag && this.#ring[this.#oldestTag & (this.#ring.length - 1)] === undefined);
    }
    return message;
  }

  #grow(): void {
    const ring = new Array<Outgoing | undefined>(this.#ring.length * 2).fill(undefined);
    for (let tag = this.#oldestTag; tag < this.#nextTag; tag += 1) {
      ring[tag & (ring.length - 1)] = this.#ring[tag & (this.#ring.length - 1)];
    }
    this.#ring = ring;
  }
}
