import { checkCompression } from './compression.js';
import type { Destination } from './entities.js';
import { InvalidArgumentError } from './errors.js';
import type { PublishOptions } from './publish-options.js';
import { isShortString } from './short-string.js';

const SHORT_STRINGS = [
  'contentType',
  'contentEncoding',
  'messageId',
  'correlationId',
  'replyTo',
  'type',
  'appId',
] as const satisfies readonly (keyof PublishOptions)[];

/** Refuses what no broker could be sent, before it waits for one. @throws InvalidArgumentError. */
export function checkPublish(destination: Destination, options: PublishOptions): void {
  checkDestination(destination);
  const { expirationMs, timeoutMs, priority, deliveryMode, timestamp, retry, compression } = options;
  if (expirationMs !== undefined) checkMs('expirationMs', expirationMs, 0);
  if (timeoutMs !== undefined) checkMs('timeoutMs', timeoutMs, 1);
  if (priority !== undefined && !(Number.isInteger(priority) && priority >= 0 && priority <= 255)) {
    throw new InvalidArgumentError(`priority must be a whole number from 0 to 255, got ${priority}.`);
  }
  if (deliveryMode !== undefined) checkDeliveryMode(deliveryMode, options.persistent);
  if (timestamp !== undefined && !(timestamp instanceof Date && timestamp.getTime() >= 0)) {
    throw new InvalidArgumentError('timestamp must be a Date of 1970 or later.');
  }
  if (retry !== undefined && retry !== null && !Number.isInteger(retry)) {
    throw new InvalidArgumentError(`retry must be null or a whole number, got ${retry}.`);
  }
  if (compression !== undefined && compression !== 'none') checkCompression(compression);
  for (const name of SHORT_STRINGS) {
    const value = options[name];
    if (value !== undefined && !isShort(value)) {
      throw new InvalidArgumentError(`${name} must be a string of at most 255 bytes in UTF-8.`);
    }
  }
  if (options.headers !== undefined) checkHeaders(options.headers);
}

function checkDestination({ exchange, routingKey, queue }: Destination): void {
  if (!isShort(routingKey)) {
    throw new InvalidArgumentError('A routing key is a string of at most 255 bytes in UTF-8.');
  }
  if (exchange !== undefined && !isShort(exchange.name)) {
    throw new InvalidArgumentError('An exchange name is a string of at most 255 bytes in UTF-8.');
  }
  if (queue === undefined) return;
  if (!isShort(queue.name) || queue.name === '') {
    throw new InvalidArgumentError('A queue name is a string of 1 to 255 bytes in UTF-8.');
  }
  if ((exchange === undefined || exchange.name === '') && queue.name !== routingKey) {
    throw new InvalidArgumentError(
      `The default exchange takes the routing key as the name of a queue: '${routingKey}' does not reach queue '${queue.name}'. Name an exchange, or the queue in both places.`,
    );
  }
}

function checkMs(name: string, value: number, min: number): void {
  if (!(Number.isInteger(value) && value >= min && value < 2 ** 31)) {
    throw new InvalidArgumentError(`${name} must be a whole number of milliseconds below 2^31, got ${value}.`);
  }
}

function checkDeliveryMode(deliveryMode: unknown, persistent: boolean | undefined): void {
  if (deliveryMode !== 1 && deliveryMode !== 2) {
    throw new InvalidArgumentError(`deliveryMode must be 1 (transient) or 2 (persistent), got ${deliveryMode}.`);
  }
  if (persistent !== undefined && persistent !== (deliveryMode === 2)) {
    throw new InvalidArgumentError(
      `persistent: ${persistent} and deliveryMode: ${deliveryMode} contradict each other.`,
    );
  }
}

function isShort(text: unknown): boolean {
  return typeof text === 'string' && isShortString(text);
}

// The codec encodes a table into a buffer of this size.
const TABLE_BYTES = 65_536;

function checkHeaders(headers: Readonly<Record<string, unknown>>): void {
  if (typeof headers !== 'object' || headers === null) throw new InvalidArgumentError('headers must be an object.');
  for (const _ in headers) {
    const size = tableSize(headers, 'headers', 0);
    if (size > TABLE_BYTES) {
      throw new InvalidArgumentError(
        `The headers take ${size} bytes; ${TABLE_BYTES} is the most. Put them in the body.`,
      );
    }
    return;
  }
}

const MAX_DEPTH = 100;

function tableSize(table: object, path: string, depth: number): number {
  if (depth > MAX_DEPTH) throw new InvalidArgumentError(`${path} is nested too deeply, or holds itself.`);
  let size = 4;
  for (const name in table) {
    const value = (table as Record<string, unknown>)[name];
    if (value === undefined) continue;
    if (!isShort(name)) throw new InvalidArgumentError('The name of a header has at most 255 bytes in UTF-8.');
    size += 1 + Buffer.byteLength(name) + valueSize(value, `${path}.${name}`, depth);
  }
  return size;
}

/** Bytes of a value in a table, its type included, or more. */
function valueSize(value: unknown, path: string, depth: number): number {
  switch (typeof value) {
    case 'string':
      return 5 + Buffer.byteLength(value);
    case 'boolean':
      return 2;
    case 'number':
      if (Number.isNaN(value)) break;
      return 9;
    case 'object':
      if (value === null) return 1;
      if (Buffer.isBuffer(value)) return 5 + value.length;
      if (Array.isArray(value)) {
        return value.reduce<number>((sum, item, i) => sum + valueSize(item, `${path}[${i}]`, depth + 1), 5);
      }
      // amqplib's way to name a type, such as { '!': 'timestamp', value: 1 }: whether it fits is the codec's to say.
      if (Object.hasOwn(value, '!')) return 9;
      return 1 + tableSize(value, path, depth + 1);
  }
  throw new InvalidArgumentError(
    `${path} cannot be encoded in AMQP: it is ${Number.isNaN(value) ? 'NaN' : `a ${typeof value}`}. Use strings, numbers, booleans, null, Buffers, and arrays and objects of those.`,
  );
}
