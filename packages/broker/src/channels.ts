import { Channel } from './channel.js';
import type { Frame } from './codec/frames.js';
import type { Method, MethodName } from './codec/methods.js';
import { connectionFailure, NO_METHOD } from './failure.js';
import type { Session } from './session.js';

/** The channels of one connection, by their numbers. */
export class Channels {
  readonly #session: Session;
  readonly #channels = new Map<number, Channel>();

  constructor(session: Session) {
    this.#session = session;
  }

  get count(): number {
    return this.#channels.size;
  }

  all(): readonly Channel[] {
    return [...this.#channels.values()];
  }

  find(number: number): Channel | undefined {
    return this.#channels.get(number);
  }

  /** The method on a channel whose content has not come completely. */
  unfinished(number: number): MethodName | undefined {
    return this.#channels.get(number)?.unfinished;
  }

  /** Takes a frame of a channel to it; opens the channel if that is what it asks for. */
  handle(frame: Frame, method: Method | undefined): void {
    const { channel: number, type, payload } = frame;
    const channel = this.#channels.get(number);
    if (channel !== undefined) {
      const { hangingQueues } = this.#session.host;
      if (hangingQueues.active && hangingQueues.keeps(channel, method, frame)) return;
      if (method !== undefined) channel.handle(method);
      else if (type === 2) channel.header(payload);
      else channel.body(payload);
    } else if (method === undefined) {
      throw connectionFailure(505, 'expected method frame, got non method frame instead');
    } else if (method.name === 'channel.open') {
      this.#open(number);
    } else {
      throw connectionFailure(504, `expected 'channel.open'`);
    }
  }

  forget(channel: Channel): void {
    this.#channels.delete(channel.number);
  }

  /** Tells the confirms that are due. */
  flush(): void {
    for (const channel of this.#channels.values()) channel.confirms?.flush();
  }

  /** Deliveries may go on. */
  serve(): void {
    for (const channel of this.#channels.values()) channel.serve();
  }

  /** Ends all of them. What they held goes back. */
  close(): void {
    const channels = this.all();
    // All are closed before any gives messages back: they must not go to a neighbour that closes too.
    for (const channel of channels) channel.stop();
    for (const channel of channels) channel.giveBack();
    this.#channels.clear();
  }

  #open(number: number): void {
    const { channelMax, host } = this.#session;
    if (this.#channels.size >= channelMax) {
      throw connectionFailure(
        530,
        `number of channels opened (${this.#channels.size}) has reached the negotiated channel_max (${channelMax})`,
        { concerns: NO_METHOD },
      );
    }
    this.#channels.set(number, new Channel(this.#session, number));
    host.counters.channelsOpened += 1;
    this.#session.sendOn(number, 'channel.open-ok', {});
  }
}
