import { EventEmitter } from 'node:events';
import type { Channel, ConsumeMessage } from '../link.js';

/** What the broker was told of one message. */
export type ModelOutcome = 'acked' | 'requeued' | 'rejected';

/** A channel with a broker behind it that keeps RabbitMQ's rules of delivery tags, and throws where one is broken. */
export class ModelChannel extends EventEmitter {
  /** Tags the broker waits for. */
  readonly outstanding: Set<number> = new Set();
  /** What it was told of each other tag. */
  readonly outcomes: Map<number, ModelOutcome> = new Map();
  /** Every method it was told, in order. */
  readonly written: string[] = [];
  /** As amqplib does between the start of an end and the event 'close'. */
  ending = false;
  #deliver: (message: ConsumeMessage) => void = () => {};
  #tag = 0;

  get channel(): Channel {
    return this as unknown as Channel;
  }

  deliver(): void {
    this.#tag += 1;
    this.outstanding.add(this.#tag);
    const fields = { deliveryTag: this.#tag, redelivered: false, exchange: '', routingKey: 'q', consumerTag: 'c' };
    const content = Buffer.from(String(this.#tag));
    this.#deliver({ content, fields, properties: {} } as unknown as ConsumeMessage);
  }

  ack({ fields: { deliveryTag } }: ConsumeMessage, multiple = false): void {
    this.#write(multiple ? `ack up to ${deliveryTag}` : `ack ${deliveryTag}`);
    const tags = multiple ? [...this.outstanding].filter((tag) => tag < deliveryTag) : [];
    for (const tag of [...tags, deliveryTag]) this.#settle(tag, 'acked');
  }

  reject({ fields: { deliveryTag } }: ConsumeMessage, requeue: boolean): void {
    this.#write(`reject ${deliveryTag}`);
    this.#settle(deliveryTag, requeue ? 'requeued' : 'rejected');
  }

  async prefetch(): Promise<void> {}

  async assertQueue(queue: string): Promise<{ queue: string }> {
    return { queue };
  }

  async consume(_queue: string, deliver: (message: ConsumeMessage) => void): Promise<{ consumerTag: string }> {
    this.#deliver = deliver;
    return { consumerTag: 'c' };
  }

  async cancel(): Promise<void> {
    this.#write('cancel');
  }

  async close(): Promise<void> {
    this.#write('close');
    this.ending = true;
  }

  #write(what: string): void {
    if (this.ending) throw Object.assign(new Error('Channel closing'), { name: 'IllegalOperationError' });
    this.written.push(what);
  }

  #settle(tag: number, outcome: ModelOutcome): void {
    if (!this.outstanding.delete(tag)) throw new Error(`PRECONDITION_FAILED - unknown delivery tag ${tag}`);
    this.outcomes.set(tag, outcome);
  }
}
