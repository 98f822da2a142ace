import { expect } from 'vitest';
import type { Fields } from '../amqplib-codec.js';
import type { BrokerUnderTest } from '../brokers.js';
import type { WireClient } from '../wire-client.js';
import { boundQueue } from './messaging.js';
import type { TypedValue } from './typed-headers.js';

/** Where dead letters go. */
export interface DeadLetters {
  /** A topic exchange. */
  readonly exchange: string;
  /** The queue that gets all of it; its consumer is `dead` on channel 1, without acknowledgements. */
  readonly dead: string;
  /** Arguments for queues whose messages shall go there. */
  readonly args: Fields;
}

/** Declares where dead letters go, and consumes them. */
export async function deadLetters(broker: BrokerUnderTest, client: WireClient): Promise<DeadLetters> {
  const exchange = broker.uniqueName('dlx');
  await client.ask(1, 'exchange.declare', { exchange, type: 'topic', autoDelete: true });
  const dead = await boundQueue(client, exchange, '#');
  await client.ask(1, 'basic.consume', { queue: dead, consumerTag: 'dead', noAck: true });
  return { exchange, dead, args: { 'x-dead-letter-exchange': exchange } };
}

/** Gets the next message of a queue and rejects it. */
export async function reject(client: WireClient, queue: string): Promise<void> {
  const { fields } = await client.call(1, 'basic.get', { queue });
  client.send(1, 'basic.reject', { deliveryTag: fields['deliveryTag'], requeue: false });
}

/** What x-death says of one death, types included. By default the message had been published by the default exchange. */
export function death(queue: string, reason: string, fields: Fields = {}): Fields {
  return {
    count: 'l 1',
    reason: `S ${reason}`,
    queue: `S ${queue}`,
    time: expect.stringMatching(/^T \d{10}$/),
    exchange: 'S ',
    'routing-keys': [`S ${queue}`],
    ...fields,
  };
}

/** The headers that the first death leaves, types included. */
export function firstDeath(queue: string, reason: string): { readonly [header: string]: TypedValue } {
  return {
    'x-first-death-exchange': 'S ',
    'x-first-death-queue': `S ${queue}`,
    'x-first-death-reason': `S ${reason}`,
  };
}
