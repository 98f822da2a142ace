import type { ConnectionLostError } from '../errors.js';
import type { Channel, Link, Message } from '../link.js';
import type { Outgoing } from '../outgoing.js';
import type { PublishChannel, PublishChannelListener } from '../publish-channel.js';

/** The broker's end of a channel of amqplib, closed by it. */
export function closedByBroker(code: number, text: string): Error {
  return Object.assign(new Error(`Channel closed by server: ${code} (X) with message "${text}"`), { code });
}

/** A channel that publishes nowhere: the test says what the broker would. */
export class ModelPublishChannel implements PublishChannel {
  /** Bodies, in the order they were written: the first has tag 1. */
  readonly written: string[] = [];
  readonly messages: Outgoing[] = [];
  closed = false;
  /** As between the start of an end and its event. */
  ending = false;
  listener!: PublishChannelListener;

  listen(listener: PublishChannelListener): void {
    this.listener = listener;
  }

  publish(message: Outgoing): boolean {
    if (this.ending) return false;
    if (message.properties.type === 'not encodable') throw new TypeError('not encodable');
    this.written.push(message.body.toString());
    this.messages.push(message);
    return true;
  }

  close(): void {
    this.closed = true;
  }

  confirm(
    tag: number,
    { multiple = false, nacked = false }: { readonly multiple?: boolean; readonly nacked?: boolean } = {},
  ): void {
    this.listener.confirmed(tag, multiple, nacked);
  }

  return(message: Outgoing | undefined, body?: string): void {
    this.listener.returned({
      fields: {
        exchange: message?.exchange ?? '',
        routingKey: message?.routingKey ?? 'q',
        replyCode: 312,
        replyText: 'NO_ROUTE',
      },
      content: body === undefined ? Buffer.from(message?.body ?? '') : Buffer.from(body),
      properties: {},
    } as unknown as Message);
  }
}

/** A link to no broker: it keeps what is declared and written. */
export class ModelPublishLink implements Link {
  readonly host = 'b:5672';
  readonly ended: Promise<ConnectionLostError> = new Promise(() => {});
  readonly closing: AbortSignal = new AbortController().signal;
  endReason: ConnectionLostError | undefined = undefined;
  readonly roundTrip = undefined;
  blocked = false;
  closed = false;
  /** What was declared, in order. */
  readonly declared: string[] = [];
  /** What a declare of this name waits for or fails with. */
  readonly answers: Map<string, Promise<void>> = new Map();
  readonly channels: ModelPublishChannel[] = [];

  get channel(): ModelPublishChannel {
    const last = this.channels.at(-1);
    if (last === undefined) throw new Error('No channel was opened.');
    return last;
  }

  async openPublishChannel(): Promise<PublishChannel> {
    if (this.endReason !== undefined) throw this.endReason;
    const channel = new ModelPublishChannel();
    this.channels.push(channel);
    return channel;
  }

  async openChannel(): Promise<Channel> {
    const declare = async (name: string, what: string) => {
      this.declared.push(what);
      await this.answers.get(name);
    };
    return {
      assertExchange: (name: string, type: string) => declare(name, `${type} exchange ${name}`),
      checkExchange: (name: string) => declare(name, `passive exchange ${name}`),
      assertQueue: (name: string) => declare(name, `queue ${name}`).then(() => ({ queue: name })),
      bindQueue: (queue: string, exchange: string, key: string) =>
        declare(`${exchange}:${queue}`, `${exchange} -${key}-> ${queue}`),
      close: async () => {},
    } as unknown as Channel;
  }

  isAlive(): Promise<void> {
    return Promise.resolve();
  }

  expectAnswers(): () => void {
    return () => {};
  }

  async updateSecret(): Promise<void> {}

  async close(): Promise<void> {
    this.closed = true;
  }
}
