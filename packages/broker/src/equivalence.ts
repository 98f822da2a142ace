import type { FieldTable, FieldValue } from './codec/field-table.js';
import { locked } from './entity-checks.js';
import { equalTerms, printValue, typeName } from './erlang-terms.js';
import type { Exchange, ExchangeDefinition } from './exchange.js';
import { channelFailure } from './failure.js';
import type { Queue } from './queue.js';
import { comparedArguments } from './queue-arguments.js';
import type { QueueDeclaration } from './queue-definition.js';

/** Throws 406 PRECONDITION_FAILED when an exchange is declared again as something else. */
export function checkSameExchange({ resource, definition }: Exchange, received: ExchangeDefinition): void {
  checkSameProperty(resource, 'type', definition.type, received.type);
  checkSameProperty(resource, 'durable', definition.durable, received.durable);
  checkSameProperty(resource, 'auto_delete', definition.autoDelete, received.autoDelete);
  checkSameProperty(resource, 'internal', definition.internal, received.internal);
  checkSameArguments(resource, ['alternate-exchange'], definition.arguments, received.arguments);
}

/**
 * Throws 406 PRECONDITION_FAILED when a queue is declared again as something else, and 405 RESOURCE_LOCKED when that is about
 * who has it for itself: an exclusive queue is declared as such again, and one that is not is not.
 */
export function checkSameQueue(queue: Queue, received: QueueDeclaration, owner: object): void {
  const { name, virtualHost, definition } = queue;
  const resource = `queue '${name}' in vhost '${virtualHost}'`;
  if (queue.exclusiveOwner !== (received.exclusive ? owner : undefined)) throw locked(queue);
  checkSameProperty(resource, 'durable', definition.durable, received.durable && !received.exclusive);
  checkSameProperty(resource, 'auto_delete', definition.autoDelete, received.autoDelete);
  checkSameArguments(resource, comparedArguments(definition.type), definition.arguments, received.arguments);
}

/** Throws 406 PRECONDITION_FAILED when a property of what is declared again differs from what is there. */
export function checkSameProperty(resource: string, name: string, current: unknown, received: unknown): void {
  if (current !== received) throw inequivalent(resource, name, `'${String(received)}'`, `'${String(current)}'`);
}

/** Throws 406 PRECONDITION_FAILED when one of these arguments differs from what is there. Other arguments do not count. */
export function checkSameArguments(
  resource: string,
  names: readonly string[],
  current: FieldTable,
  received: FieldTable,
): void {
  for (const name of names) checkSameArgument(resource, name, current.get(name), received.get(name));
}

function checkSameArgument(
  resource: string,
  name: string,
  current: FieldValue | undefined,
  received: FieldValue | undefined,
): void {
  if (current === undefined && received === undefined) return;
  if (current !== undefined && received !== undefined) {
    if (equalTerms(current, received) && isFloat(current) === isFloat(received)) return;
    throw inequivalent(resource, name, `'${printValue(received)}'`, `'${printValue(current)}'`);
  }
  // A classic queue need not say that it is one.
  if (name === 'x-queue-type' && saysClassic(current ?? received)) return;
  throw inequivalent(resource, name, valueWithType(received), valueWithType(current));
}

// 1 and 1.0 are equal, but not the same.
function isFloat(value: FieldValue): boolean {
  return value.type === 'f' || value.type === 'd';
}

function saysClassic(value: FieldValue | undefined): boolean {
  return value?.type === 'S' && value.value === 'classic';
}

function valueWithType(value: FieldValue | undefined): string {
  return value === undefined ? 'none' : `the value '${printValue(value)}' of type '${typeName(value)}'`;
}

function inequivalent(resource: string, name: string, received: string, current: string): Error {
  return channelFailure(
    406,
    `inequivalent arg '${name}' for ${resource}: received ${received} but current is ${current}`,
  );
}
