import type { Channel } from './channel.js';
import type { Frame } from './codec/frames.js';
import type { Method } from './codec/methods.js';

/** A fault by which one queue answers nothing. */
export class HangingQueue {
  /** How many channels wait for it. */
  hits = 0;
  readonly #virtualHost: string;
  readonly #name: string;
  // By channel, what it was asked from the first question about the queue on.
  readonly #held = new Map<Channel, Frame[]>();

  constructor(virtualHost: string, name: string) {
    this.#virtualHost = virtualHost;
    this.#name = name;
  }

  /** Keeps the question if it is about the queue, or comes on a channel that waits for it: a channel answers in order. */
  keeps(channel: Channel, method: Method | undefined, frame: Frame): boolean {
    // Its octets are the reader's, and will be others' when it is carried out.
    const kept = { ...frame, payload: Buffer.from(frame.payload) };
    const held = this.#held.get(channel);
    if (held !== undefined) held.push(kept);
    else if (this.#isAbout(channel, method)) {
      this.hits += 1;
      this.#held.set(channel, [kept]);
    } else return false;
    return true;
  }

  /** Carries out what was kept, where the channel is still there. */
  release(): void {
    for (const [channel, held] of this.#held) {
      for (const frame of held) if (channel.isOpen) channel.session.carryOut(frame);
    }
    this.#held.clear();
  }

  #isAbout({ session }: Channel, method: Method | undefined): boolean {
    if (method === undefined || !('queue' in method.fields)) return false;
    return method.fields.queue === this.#name && session.virtualHost.name === this.#virtualHost;
  }
}

/** The one place where these faults reach what channels are asked. */
export class HangingQueues {
  readonly #queues = new Set<HangingQueue>();

  /** Whether there is anything to ask: the way without faults stays short. */
  get active(): boolean {
    return this.#queues.size > 0;
  }

  add(queue: HangingQueue): () => void {
    this.#queues.add(queue);
    return () => {
      this.#queues.delete(queue);
    };
  }

  keeps(channel: Channel, method: Method | undefined, frame: Frame): boolean {
    for (const queue of this.#queues) if (queue.keeps(channel, method, frame)) return true;
    return false;
  }
}
