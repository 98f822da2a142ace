import type { Frame } from './codec/frames.js';
import { METHOD_IDS } from './codec/methods.js';

/** What has to happen when a publisher is blocked, and when it no longer is. */
export interface BlockListener {
  blocked(reason: string): void;
  unblocked(): void;
}

const { classId, methodId } = METHOD_IDS['basic.publish'];
const BASIC_PUBLISH = classId * 0x10000 + methodId;

/**
 * Holds a publisher back while there is an alarm: from its next basic.publish on, nothing it sends is handled. RabbitMQ reads
 * no further then; what had been read already waits here.
 */
export class PublisherBlock {
  readonly #alarm: () => string | undefined;
  readonly #listener: BlockListener;
  #held: Frame[] | undefined;

  constructor(alarm: () => string | undefined, listener: BlockListener) {
    this.#alarm = alarm;
    this.#listener = listener;
  }

  get active(): boolean {
    return this.#held !== undefined;
  }

  /** Whether the frame has to wait; it is kept then. */
  holds(frame: Frame): boolean {
    if (this.#held !== undefined) {
      this.#held.push(frame);
      return true;
    }
    const reason = this.#alarm();
    if (reason === undefined || !isPublish(frame)) return false;
    this.#held = [frame];
    this.#listener.blocked(reason);
    return true;
  }

  /** The alarm is over: gives back what waits, in order. It may be held once more. */
  release(handle: (frame: Frame) => void): void {
    const held = this.forget();
    if (held.length === 0) return;
    this.#listener.unblocked();
    for (const frame of held) handle(frame);
  }

  /** Drops what waits, without a word. */
  forget(): readonly Frame[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    return held;
  }
}

function isPublish({ type, channel, payload }: Frame): boolean {
  return type === 1 && channel !== 0 && payload.length >= 4 && payload.readUInt32BE(0) === BASIC_PUBLISH;
}
