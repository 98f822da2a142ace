import type { Channel } from './channel.js';
import type { Message } from './message.js';
import type { PublishFault } from './publish-seam.js';

/** Whether a channel's connection is meant. */
export type ChannelTest = (channel: Channel) => boolean;

/** A fault in publishing that holds something back, and has to let go of it in the end. */
export interface HoldingFault extends PublishFault {
  /** How often it did something. */
  readonly hits: number;
  /** Gives all that it holds. */
  release(): void;
}

interface HeldConfirm {
  readonly channel: Channel;
  readonly deliveryTag: number;
  readonly acknowledged: boolean;
}

function give({ channel, deliveryTag, acknowledged }: HeldConfirm): void {
  channel.confirms?.release(deliveryTag, acknowledged);
}

/** Refuses publishes: they reach no queue, and are answered with basic.nack. */
export class NackPublishes implements HoldingFault {
  hits = 0;
  readonly #applies: ChannelTest;
  #left: number;

  constructor(applies: ChannelTest, times: number) {
    this.#applies = applies;
    this.#left = times;
  }

  refuses(channel: Channel): boolean {
    if (this.#left <= 0 || !this.#applies(channel)) return false;
    this.#left -= 1;
    this.hits += 1;
    return true;
  }

  release(): void {
    this.#left = 0;
  }
}

/** Gives each confirm later, by a time or when it is stopped; their order stays. */
export class DelayConfirms implements HoldingFault {
  hits = 0;
  readonly #applies: ChannelTest;
  readonly #delayMs: number | undefined;
  #held: HeldConfirm[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(applies: ChannelTest, delayMs: number | undefined) {
    this.#applies = applies;
    this.#delayMs = delayMs;
  }

  holds(channel: Channel, deliveryTag: number, acknowledged: boolean): boolean {
    if (!this.#applies(channel)) return false;
    this.hits += 1;
    this.#held.push({ channel, deliveryTag, acknowledged });
    if (this.#delayMs === undefined) return true;
    // All timers have the same delay, so they fire in the order in which they were set.
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const confirm = this.#held.shift();
      if (confirm !== undefined) give(confirm);
    }, this.#delayMs).unref();
    this.#timers.add(timer);
    return true;
  }

  release(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    const held = this.#held;
    this.#held = [];
    for (const confirm of held) give(confirm);
  }
}

/** Gives the confirms that come in one turn of the event loop one by one, the last one first. */
export class ReorderConfirms implements HoldingFault {
  hits = 0;
  readonly #applies: ChannelTest;
  #held: HeldConfirm[] = [];

  constructor(applies: ChannelTest) {
    this.#applies = applies;
  }

  holds(channel: Channel, deliveryTag: number, acknowledged: boolean): boolean {
    if (!this.#applies(channel)) return false;
    this.hits += 1;
    if (this.#held.length === 0) setImmediate(() => this.release());
    this.#held.push({ channel, deliveryTag, acknowledged });
    return true;
  }

  release(): void {
    const held = this.#held.reverse();
    this.#held = [];
    for (const confirm of held) give(confirm);
  }
}

interface Request {
  readonly channel: Channel;
  readonly deliveryTag: number;
  acknowledged: boolean | undefined;
  released: boolean;
  timer: NodeJS.Timeout | undefined;
}

// The reply goes through another socket: its frames have left by then, and been read by a client that is not busy.
const AFTER_REPLY_MS = 5;

/**
 * Holds the confirm of a request until whoever received it has published something that was delivered: its reply. What
 * nobody replies to is confirmed after a time.
 */
export class ReplyBeforeConfirm implements HoldingFault {
  hits = 0;
  readonly #applies: ChannelTest;
  readonly #longestMs: number;
  readonly #open = new Set<Request>();
  readonly #byMessage = new WeakMap<Message, Request>();
  // Who was given a request and has not replied yet, the oldest request first.
  readonly #received = new WeakMap<object, Request[]>();
  readonly #replies = new WeakMap<Message, Request>();

  constructor(applies: ChannelTest, longestMs: number) {
    this.#applies = applies;
    this.#longestMs = longestMs;
  }

  published(channel: Channel, deliveryTag: number, message: Message): void {
    const replied = this.#received.get(channel.session)?.shift();
    if (replied !== undefined) {
      this.#replies.set(message, replied);
    } else if (deliveryTag > 0 && this.#applies(channel)) {
      const request: Request = { channel, deliveryTag, acknowledged: undefined, released: false, timer: undefined };
      this.#open.add(request);
      this.#byMessage.set(message, request);
    }
  }

  holds(channel: Channel, deliveryTag: number, acknowledged: boolean): boolean {
    for (const request of this.#open) {
      if (request.channel !== channel || request.deliveryTag !== deliveryTag) continue;
      if (request.released) return false;
      request.acknowledged = acknowledged;
      request.timer = setTimeout(() => this.#give(request), this.#longestMs).unref();
      this.hits += 1;
      return true;
    }
    return false;
  }

  delivered(channel: Channel, message: Message): void {
    const request = this.#byMessage.get(message);
    if (request !== undefined) {
      const waiting = this.#received.get(channel.session) ?? [];
      this.#received.set(channel.session, waiting);
      waiting.push(request);
    }
    const answered = this.#replies.get(message);
    if (answered !== undefined) setTimeout(() => this.#give(answered), AFTER_REPLY_MS).unref();
  }

  release(): void {
    for (const request of this.#open) this.#give(request);
  }

  #give(request: Request): void {
    request.released = true;
    clearTimeout(request.timer);
    this.#open.delete(request);
    if (request.acknowledged === undefined) return;
    give({ channel: request.channel, deliveryTag: request.deliveryTag, acknowledged: request.acknowledged });
  }
}
