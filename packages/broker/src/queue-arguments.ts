import type { FieldTable, FieldValue } from './codec/field-table.js';
import { printTerm, typeName } from './erlang-terms.js';
import { channelFailure } from './failure.js';
import type { QueueDefinition } from './queue-definition.js';

type QueueType = QueueDefinition['type'];

/** What is wrong with a value, as an Erlang term; undefined if nothing is. */
type Check = (value: FieldValue, all: FieldTable) => string | undefined;

const TEN_YEARS_MS = 315_360_000_000;
const integerTypes = 'bsIlBui';
const locators = ['client-local', 'balanced', 'random', 'least-leaders'];

/** What each type of queue knows, in the order in which RabbitMQ compares a new declaration with an old one. */
const known: Readonly<Record<QueueType, readonly string[]>> = {
  classic: [
    'x-expires',
    'x-message-ttl',
    'x-dead-letter-exchange',
    'x-dead-letter-routing-key',
    'x-max-length',
    'x-max-length-bytes',
    'x-max-priority',
    'x-overflow',
    'x-queue-mode',
    'x-queue-version',
    'x-single-active-consumer',
    'x-queue-type',
    'x-queue-master-locator',
  ],
  quorum: [
    'x-dead-letter-exchange',
    'x-dead-letter-routing-key',
    'x-dead-letter-strategy',
    'x-expires',
    'x-max-length',
    'x-max-length-bytes',
    'x-max-in-memory-length',
    'x-max-in-memory-bytes',
    'x-overflow',
    'x-single-active-consumer',
    'x-queue-type',
    'x-quorum-initial-group-size',
    'x-delivery-limit',
    'x-message-ttl',
    'x-queue-leader-locator',
  ],
  stream: [
    'x-max-length-bytes',
    'x-queue-type',
    'x-max-age',
    'x-stream-max-segment-size-bytes',
    'x-initial-cluster-size',
    'x-queue-leader-locator',
  ],
};

const integer: Check = (value) =>
  integerTypes.includes(value.type) ? undefined : `"expected integer, got ${typeName(value)}"`;

const notNegative: Check = (value, all) =>
  integer(value, all) ?? (numberOf(value) < 0 ? `{value_negative,${printTerm(value)}}` : undefined);

const duration: Check = (value, all) =>
  notNegative(value, all) ?? (numberOf(value) > TEN_YEARS_MS ? `{value_too_large,${printTerm(value)}}` : undefined);

const notZero: Check = (value) => (numberOf(value) === 0 ? '{value_zero,0}' : undefined);

const string: Check = (value) => (value.type === 'S' ? undefined : `{unacceptable_type,${typeName(value)}}`);

function oneOf(allowed: readonly string[], complaint: (value: string) => string): Check {
  return (value, all) =>
    value.type === 'S' ? (allowed.includes(value.value) ? undefined : complaint(value.value)) : string(value, all);
}

function wholeNotZero(value: FieldValue, all: FieldTable): string | undefined {
  return notNegative(value, all) ?? notZero(value, all);
}

function queueVersion(value: FieldValue, all: FieldTable): string | undefined {
  const version = numberOf(value);
  return (
    notNegative(value, all) ?? (version === 1 || version === 2 ? undefined : `"unsupported queue version '${version}'"`)
  );
}

function maxAge(value: FieldValue, all: FieldTable): string | undefined {
  if (value.type !== 'S') return string(value, all);
  return /^0*[1-9][0-9]*[YMDhms]$/.test(value.value) ? undefined : 'invalid_max_age';
}

// In the order in which RabbitMQ looks at them: the first that is wrong is the one that is told.
const checks: readonly (readonly [name: string, check: Check])[] = [
  ['x-expires', (value, all) => integer(value, all) ?? notZero(value, all) ?? duration(value, all)],
  ['x-message-ttl', duration],
  ['x-dead-letter-exchange', string],
  [
    'x-dead-letter-routing-key',
    (value, all) =>
      string(value, all) ?? (all.has('x-dead-letter-exchange') ? undefined : 'routing_key_but_no_dlx_defined'),
  ],
  ['x-dead-letter-strategy', oneOf(['at-most-once', 'at-least-once'], () => 'invalid_dlx_strategy')],
  ['x-max-length', notNegative],
  ['x-max-length-bytes', notNegative],
  ['x-max-in-memory-length', notNegative],
  ['x-max-in-memory-bytes', notNegative],
  [
    'x-max-priority',
    (value, all) =>
      notNegative(value, all) ?? (numberOf(value) > 255 ? `{max_value_exceeded,${printTerm(value)}}` : undefined),
  ],
  ['x-overflow', oneOf(['drop-head', 'reject-publish', 'reject-publish-dlx'], () => 'invalid_overflow')],
  ['x-queue-mode', oneOf(['default', 'lazy'], (mode) => `"unsupported queue mode '${mode}'"`)],
  ['x-queue-version', queueVersion],
  ['x-single-active-consumer', (value) => (value.type === 't' ? undefined : `{unacceptable_type,${typeName(value)}}`)],
  ['x-quorum-initial-group-size', wholeNotZero],
  ['x-max-age', maxAge],
  ['x-stream-max-segment-size-bytes', notNegative],
  ['x-initial-cluster-size', wholeNotZero],
  ['x-queue-leader-locator', oneOf(locators, () => 'invalid_queue_locator_arg')],
];

const checkType = oneOf(['classic', 'quorum', 'stream'], (type) => `"unsupported queue type '${type}'"`);

/** The arguments that must be the same when a queue of this type is declared again. */
export function comparedArguments(type: QueueType): readonly string[] {
  return known[type];
}

/** What a queue would be by its x-queue-type. Throws 406 PRECONDITION_FAILED when there is no such type. */
export function readQueueType(given: FieldTable, resource: string): QueueType {
  const type = given.get('x-queue-type');
  if (type === undefined) return 'classic';
  refuse('x-queue-type', checkType(type, given), resource);
  return (type as { readonly value: QueueType }).value;
}

/** Throws 406 PRECONDITION_FAILED for an argument that cannot be, or not in a queue of this type. */
export function checkQueueArguments(type: QueueType, given: FieldTable, resource: string): void {
  for (const [name, check] of checks) {
    const value = known[type].includes(name) ? given.get(name) : undefined;
    if (value !== undefined) refuse(name, check(value, given), resource);
  }
  for (const name of given.keys()) {
    if (!known[type].includes(name) && Object.values(known).some((names) => names.includes(name))) {
      throw channelFailure(406, `invalid arg '${name}' for ${resource} of queue type rabbit_${type}_queue`);
    }
  }
}

function refuse(name: string, complaint: string | undefined, resource: string): void {
  if (complaint !== undefined) throw channelFailure(406, `invalid arg '${name}' for ${resource}: ${complaint}`);
}

/** The value of an integer argument. */
export function numberOf(value: FieldValue): number {
  return 'value' in value ? Number(value.value) : Number.NaN;
}
