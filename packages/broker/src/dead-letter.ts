import type { FieldTable, FieldValue } from './codec/field-table.js';
import { replaceHeaders } from './codec/properties.js';
import { Message } from './message.js';
import { headersOf, inOrder, withHeader } from './message-headers.js';
import type { QueueDefinition } from './queue-definition.js';

/** Why a message became a dead letter, as the x-death header says it. */
export type DeathReason = 'rejected' | 'expired' | 'maxlen' | 'delivery_limit';

/** Where and why a message died, and where it goes. */
export interface Death {
  readonly reason: DeathReason;
  /** The queue it died in. */
  readonly queue: string;
  /** x-dead-letter-exchange */
  readonly exchange: string;
  /** x-dead-letter-routing-key; undefined: the keys it was published with. */
  readonly routingKey: string | undefined;
}

/**
 * The message as it goes on from a queue it died in: to the dead letter exchange, its deaths in its headers, without the
 * expiration it had.
 *
 * @see https://www.rabbitmq.com/docs/3.13/dlx#effects
 */
export function deadLetter(message: Message, death: Death): Message {
  let headers = withDeath(headersOf(message), deathOf(message, death));
  if (death.routingKey !== undefined) {
    // The new key stands for all that it was published with.
    headers = new Map([...headers].filter(([name]) => name !== 'CC'));
  }
  const octets = replaceHeaders(message.propertyOctets, headers, { expiration: undefined });
  const { routingKey } = death;
  return routingKey === undefined
    ? new Message(death.exchange, message.routingKey, octets, message.body, message.blindKeys)
    : new Message(death.exchange, routingKey, octets, message.body);
}

/** What becomes of a message that died in a queue with this name and definition; undefined: nothing, it is dropped. */
export function deadLetterFrom(
  definition: QueueDefinition,
  queue: string,
  message: Message,
  reason: DeathReason,
): Message | undefined {
  const { deadLetterExchange: exchange, deadLetterRoutingKey: routingKey } = definition;
  return exchange === undefined ? undefined : deadLetter(message, { reason, queue, exchange, routingKey });
}

/**
 * Whether a dead letter has gone round: it died in this queue before, and nobody rejected it since, so it would go round for
 * ever. It is not to be routed there.
 *
 * @see https://www.rabbitmq.com/docs/3.13/dlx#effects
 */
export function isCycle(deadLetter: Message, queue: string): boolean {
  const deaths = deathsIn(headersOf(deadLetter)) ?? [];
  const last = deaths.findIndex((death) => textIn(death, 'queue') === queue);
  return last !== -1 && deaths.slice(0, last + 1).every((death) => textIn(death, 'reason') !== 'rejected');
}

function deathOf(message: Message, { reason, queue }: Death): FieldTable {
  const keys = [text(message.routingKey), ...copyKeysIn(headersOf(message))];
  const death = new Map<string, FieldValue>([
    ['count', { type: 'l', value: 1n }],
    ['reason', text(reason)],
    ['queue', text(queue)],
    ['time', { type: 'T', value: BigInt(Math.floor(Date.now() / 1000)) }],
    ['exchange', text(message.exchange)],
    ['routing-keys', { type: 'A', value: keys }],
  ]);
  const { expiration } = message.properties;
  return expiration === undefined ? death : death.set('original-expiration', text(expiration));
}

/** The order of everything is RabbitMQ's: what it changes it sorts, what it adds to nothing it leaves as it is. */
function withDeath(headers: FieldTable, death: FieldTable): FieldTable {
  const earlier = deathsIn(headers);
  if (earlier === undefined) {
    const marked = headers.has('x-death') ? headers : withFirstDeath(headers, death);
    return withHeader(marked, 'x-death', tables([death]));
  }
  const grouped = groupDeaths(earlier);
  const before = grouped.find((other) => isSameDeath(other, death));
  // It keeps the time and the keys of the first time it died there.
  const latest = before === undefined ? death : withCount(before, countIn(before, 1n) + 1n);
  return withHeader(headers, 'x-death', tables([inOrder(latest), ...grouped.filter((other) => other !== before)]));
}

function withFirstDeath(headers: FieldTable, death: FieldTable): FieldTable {
  const marked = new Map(headers);
  for (const fact of ['reason', 'queue', 'exchange']) {
    marked.set(`x-first-death-${fact}`, text(textIn(death, fact)));
  }
  return marked;
}

/** One for each queue and reason, counted where they had no count. RabbitMQ turns their order round as it does this. */
function groupDeaths(deaths: readonly FieldTable[]): readonly FieldTable[] {
  if (deaths.length < 2) {
    return deaths;
  }
  const grouped: FieldTable[] = [];
  for (const death of deaths) {
    if (!grouped.some((other) => isSameDeath(other, death))) {
      const times = deaths.filter((other) => isSameDeath(other, death)).length;
      grouped.push(death.has('count') ? death : withCount(death, BigInt(times)));
    }
  }
  return grouped.reverse();
}

function isSameDeath(one: FieldTable, other: FieldTable): boolean {
  return textIn(one, 'queue') === textIn(other, 'queue') && textIn(one, 'reason') === textIn(other, 'reason');
}

function withCount(death: FieldTable, count: bigint): FieldTable {
  return inOrder(new Map(death).set('count', { type: 'l', value: count }));
}

/** Clients that pass headers on write the count with another type than it came. */
function countIn(death: FieldTable, otherwise: bigint): bigint {
  const count = death.get('count');
  const value = count !== undefined && 'value' in count ? count.value : undefined;
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
    ? BigInt(value)
    : otherwise;
}

/** The x-death header; undefined if there is none, or it is something else. */
function deathsIn(headers: FieldTable): readonly FieldTable[] | undefined {
  const deaths = headers.get('x-death');
  return deaths?.type === 'A' ? deaths.value.flatMap((death) => (death.type === 'F' ? [death.value] : [])) : undefined;
}

/** The routing keys of the CC header. Those of BCC left the message when it was published. */
function copyKeysIn(headers: FieldTable): readonly FieldValue[] {
  const copies = headers.get('CC');
  return copies?.type === 'A' ? copies.value.filter(({ type }) => type === 'S') : [];
}

function textIn(table: FieldTable, name: string): string {
  const value = table.get(name);
  return value?.type === 'S' ? value.value : '';
}

function text(value: string): FieldValue {
  return { type: 'S', value };
}

function tables(values: readonly FieldTable[]): FieldValue {
  return { type: 'A', value: values.map((value) => ({ type: 'F', value })) };
}
