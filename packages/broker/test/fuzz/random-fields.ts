import type { FieldTable, FieldValue } from '../../src/codec/field-table.js';
import type { FieldKind } from '../../src/codec/method-table.js';
import type { Random } from './random.js';

const NAMES = ['', '', 'q0', 'q1', 'q2', 'x0', 'x1', 'amq.topic', 'amq.fanout', 'amq.headers', 'amq.gen-1', 'nowhere'];
const WORDS: Readonly<Record<string, readonly string[]>> = {
  type: ['direct', 'topic', 'topic', 'fanout', 'headers', 'headers'],
  routingKey: ['', 'q0', 'q1', 'a.b.c', 'a.*', '#', '*.#.b', '....', 'amq.rabbitmq.reply-to'],
  consumerTag: ['', 'tag', 'other'],
  queue: [...NAMES, 'amq.rabbitmq.reply-to'],
  virtualHost: ['/', 'nowhere', ''],
};
const ARGUMENTS = [
  'x-message-ttl',
  'x-expires',
  'x-max-length',
  'x-max-length-bytes',
  'x-overflow',
  'x-dead-letter-exchange',
  'x-dead-letter-routing-key',
  'x-single-active-consumer',
  'x-max-priority',
  'x-queue-type',
  'x-queue-mode',
  'x-delivery-limit',
  'x-stream-offset',
  'x-priority',
  'x-match',
  'alternate-exchange',
  'CC',
  'BCC',
  'x-death',
  'odd',
];
const TEXTS = [
  'drop-head',
  'reject-publish',
  'reject-publish-dlx',
  'classic',
  'quorum',
  'stream',
  'lazy',
  'all',
  'any',
  'first',
];
const NUMBERS = [0, 1, 2, 3, 10, 100, 127, -1, -128];

/** A value for a field of a method: mostly one that a client could mean. */
export function randomField(random: Random, name: string, kind: FieldKind): unknown {
  switch (kind) {
    case 'bit':
      return random.oneIn(4);
    case 'octet':
      return random.below(256);
    case 'short':
      return random.pick([0, 1, 2, 10, 200, 65_535]);
    case 'long':
      return random.pick([0, 1, 4096, 131_072, 2 ** 32 - 1]);
    case 'longlong':
      return random.pick([0, 1, 1, 1, 2, 2, 3, 4, 5, 2 ** 53 - 1]);
    case 'shortstr':
      return random.oneIn(60) ? randomText(random, 255) : random.pick(WORDS[name] ?? NAMES);
    case 'longstr':
      return random.octets(random.below(50));
    case 'table':
      return randomTable(random);
  }
}

/** A table of arguments or headers. */
export function randomTable(random: Random, depth = 0): FieldTable {
  const entries = Array.from({ length: random.oneIn(2) ? 0 : random.below(4) }, () => {
    const name = random.oneIn(10) ? randomText(random, 128) : random.pick(ARGUMENTS);
    return [name, randomValue(random, depth)] as const;
  });
  return new Map(entries);
}

function randomValue(random: Random, depth: number): FieldValue {
  const nested = depth < 4;
  switch (random.below(nested ? 12 : 10)) {
    case 0:
      return { type: 't', value: random.oneIn(2) };
    case 1:
      return { type: 'd', value: random.pick([0, 1.5, -1e300]) };
    case 2:
      return { type: 'l', value: random.pick([0n, 5n, -1n, 2n ** 62n]) };
    case 3:
      return { type: 'T', value: 1_700_000_000n };
    case 4:
      return { type: 'x', value: random.octets(random.below(20)) };
    case 5:
      return { type: 'V' };
    case 6:
    case 7:
      return { type: 'S', value: random.oneIn(3) ? random.pick(NAMES) : random.pick(TEXTS) };
    case 8:
      return { type: random.pick(['b', 'I', 's'] as const), value: random.pick(NUMBERS) };
    case 9:
      return { type: 'I', value: random.pick([5, 50, 60_000, 2 ** 31 - 1]) };
    case 10:
      return { type: 'A', value: Array.from({ length: random.below(4) }, () => randomValue(random, depth + 1)) };
    default:
      return { type: 'F', value: randomTable(random, depth + 1) };
  }
}

function randomText(random: Random, most: number): string {
  const text = random.octets(random.below(most)).toString('latin1');
  // As UTF-8 it may be longer than its characters.
  return Buffer.from(text).length <= most ? text : text.slice(0, most >> 1);
}
