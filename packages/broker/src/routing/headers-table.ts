import { EMPTY_TABLE, type FieldTable, type FieldValue } from '../codec/field-table.js';
import { equalTerms, printTerm, typeName } from '../erlang-terms.js';
import { channelFailure } from '../failure.js';
import type { Message } from '../message.js';
import { type Binding, type BindingTable, type Match, matchOf } from './binding.js';

const modes = ['all', 'any', 'all-with-x', 'any-with-x'];

/** Throws 406 PRECONDITION_FAILED when x-match is none of what there is. */
export function checkHeadersBinding(given: FieldTable): void {
  const mode = given.get('x-match');
  if (mode === undefined) return;
  if (mode.type !== 'S') {
    throw channelFailure(
      406,
      `Invalid x-match field type ${typeName(mode)} (value ${printTerm(mode)}); expected longstr`,
    );
  }
  if (!modes.includes(mode.value)) {
    throw channelFailure(
      406,
      `Invalid x-match field value ${printTerm(mode)}; expected all, any, all-with-x, or any-with-x`,
    );
  }
}

/** A binding's arguments, read for comparison. */
interface Pattern {
  readonly any: boolean;
  readonly wanted: readonly (readonly [name: string, value: FieldValue])[];
}

/** A binding's arguments are compared with a message's headers. */
export class HeadersTable implements BindingTable {
  readonly #patterns = new Map<Binding, Pattern>();

  add(binding: Binding): void {
    this.#patterns.set(binding, readPattern(binding.arguments));
  }

  remove(binding: Binding): void {
    this.#patterns.delete(binding);
  }

  match(_routingKey: string, message: Message): Match {
    const headers = message.properties.headers ?? EMPTY_TABLE;
    const found: Binding[] = [];
    for (const [binding, pattern] of this.#patterns) {
      if (matches(pattern, headers)) found.push(binding);
    }
    return matchOf(found);
  }
}

function readPattern(given: FieldTable): Pattern {
  const mode = given.get('x-match');
  const text = mode?.type === 'S' ? mode.value : 'all';
  const withX = text.endsWith('-with-x');
  const wanted = [...given].filter(([name]) => name !== 'x-match' && (withX || !name.startsWith('x-')));
  return { any: text.startsWith('any'), wanted };
}

function matches({ any, wanted }: Pattern, headers: FieldTable): boolean {
  for (const [name, value] of wanted) {
    const header = headers.get(name);
    // No value stands for any value.
    const same = header !== undefined && (value.type === 'V' || equalTerms(value, header));
    if (same === any) return any;
  }
  return !any;
}
