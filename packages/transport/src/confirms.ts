import type { ConfirmChannel, Message } from './link.js';
import type { Outgoing } from './outbox.js';

/** What the broker said of one message. */
export type Verdict =
  | { readonly type: 'confirmed' }
  | { readonly type: 'nacked' }
  | { readonly type: 'returned'; readonly replyCode: number; readonly replyText: string };

/** The one channel that publishes on a link: writes messages, and matches returns and confirms to them. */
export class Confirms {
  readonly #channel: ConfirmChannel;
  readonly #unconfirmed = new Map<Outgoing, Verdict | undefined>();
  readonly #settle: (message: Outgoing, verdict: Verdict) => void;
  #open = true;

  /**
   * @param settle hears every message that was confirmed, nacked or returned, once.
   * @param closed hears once that the channel has ended, unless `abandon` came first, and what has no confirm.
   */
  constructor(
    channel: ConfirmChannel,
    settle: (message: Outgoing, verdict: Verdict) => void,
    closed: (reason: Error | undefined, unconfirmed: readonly Outgoing[]) => void,
  ) {
    this.#channel = channel;
    this.#settle = settle;
    let reason: Error | undefined;
    channel.on('error', (error: Error) => {
      reason = error;
    });
    channel.on('return', (message: Message) => this.#returned(message));
    channel.on('close', () => {
      if (this.#open) closed(reason, this.abandon());
    });
  }

  /** Publishes nothing more; gives back what has no confirm. */
  abandon(): readonly Outgoing[] {
    this.#open = false;
    const unconfirmed = [...this.#unconfirmed.keys()];
    this.#unconfirmed.clear();
    return unconfirmed;
  }

  get open(): boolean {
    return this.#open;
  }

  get size(): number {
    return this.#unconfirmed.size;
  }

  /** @throws TypeError when a header or property cannot be encoded; then nothing was written. */
  publish(message: Outgoing): void {
    const { exchange, routingKey, body, properties } = message;
    this.#channel.publish(exchange?.name ?? '', routingKey, body, properties, (error) => {
      // Any other error says that the channel has ended: `close` tells that, for all messages together.
      if (error && error.message !== 'message nacked') return;
      const verdict = this.#unconfirmed.get(message);
      if (!this.#unconfirmed.delete(message)) return;
      this.#settle(message, verdict ?? { type: error ? 'nacked' : 'confirmed' });
    });
    this.#unconfirmed.set(message, undefined);
  }

  // The broker returns a message before it confirms it, whole, but without its delivery tag.
  #returned(returned: Message): void {
    const { exchange, routingKey } = returned.fields;
    for (const [message, verdict] of this.#unconfirmed) {
      if (
        verdict === undefined &&
        message.properties.mandatory &&
        message.routingKey === routingKey &&
        (message.exchange?.name ?? '') === exchange &&
        message.body.equals(returned.content)
      ) {
        const { replyCode, replyText } = returned.fields as unknown as { replyCode: number; replyText: string };
        this.#unconfirmed.set(message, { type: 'returned', replyCode, replyText });
        return;
      }
    }
  }
}
