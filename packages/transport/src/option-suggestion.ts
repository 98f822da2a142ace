import { amqpParameterNames } from '@leveret/url/rabbitmq';
import { nearestName } from './nearest-name.js';
import { ALL_ROWS } from './option-table.js';
import { OSLO_OPTIONS, type OsloRow } from './oslo-options.js';

/** Who names the options: this package in code, oslo.messaging, or RabbitMQ in URLs. */
export type Vocabulary = 'ours' | 'oslo' | 'rabbitmq';

interface Entry {
  /** As it is written in its vocabulary. */
  readonly name: string;
  readonly vocabulary: Vocabulary;
  /** The row of the table that it belongs to, if any. */
  readonly row: string | undefined;
}

// Made for the first mistake: most programs make none.
let made: ReadonlyMap<string, Entry> | undefined;

/**
 * What was probably meant by a name that does not exist, in the words of `vocabulary`: the nearest name there, or what
 * that says there whose name in another vocabulary it is. Undefined if nothing is near.
 */
export function suggestion(wrong: string, vocabulary: Vocabulary): string | undefined {
  made ??= dictionary();
  const entries = made;
  // Of equally near names the first counts.
  const names = [...entries].sort(([, a], [, b]) => order(a, vocabulary) - order(b, vocabulary));
  const nearest = nearestName(wrong, new Map(names).keys());
  const entry = nearest === undefined ? undefined : entries.get(nearest);
  if (entry === undefined) return undefined;
  if (entry.vocabulary === vocabulary) return `'${entry.name}'`;
  const same = [...entries.values()].filter((each) => each.vocabulary === vocabulary && each.row === entry.row);
  const found = [...new Set(entry.row === undefined ? [] : same.map(({ name }) => `'${name}'`))];
  if (vocabulary === 'ours' && entry.vocabulary === 'oslo') found.push(`'oslo.${entry.name}'`);
  return found.length === 0 ? undefined : found.join(' or ');
}

function order(entry: Entry, vocabulary: Vocabulary): number {
  return entry.vocabulary === vocabulary ? 0 : 1;
}

function dictionary(): Map<string, Entry> {
  const all = new Map<string, Entry>();
  const rows = Object.entries(ALL_ROWS);
  for (const [row] of rows) {
    all.set(row, { name: row, vocabulary: 'ours', row });
    // `quorum` alone is probably `entities.quorum`.
    if (row.includes('.')) all.set(row.slice(row.indexOf('.') + 1), { name: row, vocabulary: 'ours', row });
  }
  for (const [name, { aliases = [] }] of Object.entries<OsloRow>(OSLO_OPTIONS)) {
    const row = rows.find(([, { oslo }]) => oslo?.names.some((each) => each === name))?.[0];
    for (const each of [name, ...aliases]) all.set(each, { name, vocabulary: 'oslo', row });
  }
  for (const name of amqpParameterNames) {
    const row = rows.find(([, { rabbitmq }]) => rabbitmq?.names.includes(name))?.[0];
    all.set(name, { name, vocabulary: 'rabbitmq', row });
  }
  return all;
}
