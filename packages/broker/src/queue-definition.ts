import type { FieldTable } from './codec/field-table.js';
import { typeName } from './erlang-terms.js';
import { channelFailure } from './failure.js';
import { checkQueueArguments, numberOf, readQueueType } from './queue-arguments.js';

/** What happens when a queue is full. */
export type Overflow = 'drop-head' | 'reject-publish' | 'reject-publish-dlx';

/** A queue as it was declared, its arguments read. */
export interface QueueDefinition {
  readonly durable: boolean;
  readonly exclusive: boolean;
  readonly autoDelete: boolean;
  /** As they came, for the comparison with the next declaration. */
  readonly arguments: FieldTable;
  readonly type: 'classic' | 'quorum' | 'stream';
  /** x-expires */
  readonly expiresMs: number | undefined;
  /** x-message-ttl */
  readonly messageTtlMs: number | undefined;
  /** x-max-length: ready messages. */
  readonly maxLength: number | undefined;
  /** x-max-length-bytes: bodies of ready messages. */
  readonly maxLengthBytes: number | undefined;
  /** x-overflow */
  readonly overflow: Overflow;
  /** x-dead-letter-exchange */
  readonly deadLetterExchange: string | undefined;
  /** x-dead-letter-routing-key */
  readonly deadLetterRoutingKey: string | undefined;
  /** x-single-active-consumer */
  readonly singleActiveConsumer: boolean;
  /** x-max-priority */
  readonly maxPriority: number | undefined;
  /** x-delivery-limit, of quorum queues. */
  readonly deliveryLimit: number | undefined;
}

/** What a client declares. */
export interface QueueDeclaration {
  readonly durable: boolean;
  readonly exclusive: boolean;
  readonly autoDelete: boolean;
  readonly arguments: FieldTable;
}

/**
 * Reads what a client declares; `resource` is its name in failures: `queue 'q' in vhost '/'`. An exclusive queue is never
 * durable. Throws an AmqpFailure, 406 PRECONDITION_FAILED, for arguments that cannot be, and for a quorum queue or stream
 * that is not durable, is exclusive or deletes itself.
 */
export function readQueueDefinition(declaration: QueueDeclaration, resource: string): QueueDefinition {
  const { exclusive, autoDelete, arguments: given } = declaration;
  const durable = declaration.durable && !exclusive;
  checkNamesExchange('x-dead-letter-exchange', given, resource);
  const type = readQueueType(given, resource);
  checkQueueArguments(type, given, resource);
  if (type !== 'classic') {
    if (autoDelete) throw invalidProperty('auto-delete', resource);
    if (exclusive) throw invalidProperty('exclusive-owner', resource);
    if (!durable) throw invalidProperty('non-durable', resource);
  }
  return {
    durable,
    exclusive,
    autoDelete,
    arguments: given,
    type,
    expiresMs: readNumber('x-expires', given),
    messageTtlMs: readNumber('x-message-ttl', given),
    maxLength: readNumber('x-max-length', given),
    maxLengthBytes: readNumber('x-max-length-bytes', given),
    overflow: readOverflow(type, given),
    deadLetterExchange: readString('x-dead-letter-exchange', given),
    deadLetterRoutingKey: readString('x-dead-letter-routing-key', given),
    singleActiveConsumer: isTrue('x-single-active-consumer', given),
    maxPriority: readNumber('x-max-priority', given),
    deliveryLimit: readNumber('x-delivery-limit', given),
  };
}

/** Throws 406 PRECONDITION_FAILED when an argument that names an exchange is no string. */
export function checkNamesExchange(name: string, given: FieldTable, resource: string): void {
  const value = given.get(name);
  if (value !== undefined && value.type !== 'S') {
    throw channelFailure(406, `invalid type '${typeName(value)}' for arg '${name}' in ${resource}`);
  }
}

function readOverflow(type: QueueDefinition['type'], given: FieldTable): Overflow {
  const overflow = (readString('x-overflow', given) ?? 'drop-head') as Overflow;
  // Quorum queues take the declaration, and do the default.
  return type === 'quorum' && overflow === 'reject-publish-dlx' ? 'drop-head' : overflow;
}

function readNumber(name: string, given: FieldTable): number | undefined {
  const value = given.get(name);
  return value === undefined ? undefined : numberOf(value);
}

function readString(name: string, given: FieldTable): string | undefined {
  const value = given.get(name);
  return value?.type === 'S' ? value.value : undefined;
}

function isTrue(name: string, given: FieldTable): boolean {
  const value = given.get(name);
  return value?.type === 't' && value.value;
}

function invalidProperty(name: string, resource: string): Error {
  return channelFailure(406, `invalid property '${name}' for ${resource}`);
}
