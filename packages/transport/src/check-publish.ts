import { checkCompression } from './compression.js';
import type { Destination } from './entities.js';
import { InvalidArgumentError } from './errors.js';
import type { PublishOptions } from './publish-options.js';
import { isShortString } from './short-string.js';
import { tableBytesAtMost } from './table-bytes.js';

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
  // One by one: a loop over the names takes several times as long, for each message.
  checkShort('contentType', options.contentType);
  checkShort('contentEncoding', options.contentEncoding);
  checkShort('messageId', options.messageId);
  checkShort('correlationId', options.correlationId);
  checkShort('replyTo', options.replyTo);
  checkShort('type', options.type);
  checkShort('userId', options.userId);
  checkShort('appId', options.appId);
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

function checkShort(name: keyof PublishOptions, value: unknown): void {
  if (value !== undefined && !isShort(value)) {
    throw new InvalidArgumentError(`${name} must be a string of at most 255 bytes in UTF-8.`);
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
    const size = tableBytesAtMost(headers, 'headers');
    if (size > TABLE_BYTES) {
      throw new InvalidArgumentError(
        `The headers take ${size} bytes; ${TABLE_BYTES} is the most. Put them in the body.`,
      );
    }
    return;
  }
}
