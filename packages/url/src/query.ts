import { percentDecode } from './escape.js';
import { inspectAs } from './inspect.js';
import { isSecretName } from './secret-names.js';

/** The query of a URL: a map that cannot be changed, and that shows `***` for the values of secret-like names. */
export class Query implements ReadonlyMap<string, string> {
  readonly #map: ReadonlyMap<string, string>;

  constructor(entries: Iterable<readonly [string, string]>) {
    this.#map = new Map(entries);
    Object.freeze(this);
  }

  get size(): number {
    return this.#map.size;
  }

  get(name: string): string | undefined {
    return this.#map.get(name);
  }

  has(name: string): boolean {
    return this.#map.has(name);
  }

  keys(): MapIterator<string> {
    return this.#map.keys();
  }

  values(): MapIterator<string> {
    return this.#map.values();
  }

  entries(): MapIterator<[string, string]> {
    return this.#map.entries();
  }

  [Symbol.iterator](): MapIterator<[string, string]> {
    return this.#map[Symbol.iterator]();
  }

  forEach(visit: (value: string, name: string, query: ReadonlyMap<string, string>) => void, thisArg?: unknown): void {
    for (const [name, value] of this.#map) visit.call(thisArg, value, name, this);
  }

  /** The pairs, not an object: a name may be `__proto__`. */
  toJSON(): readonly (readonly [string, string])[] {
    return Array.from(this.#map, ([name, value]) => [name, isSecretName(name) ? '***' : value] as const);
  }
}

inspectAs(Query, (query) => new Map(query.toJSON()));

/** One `name=value` of a query, decoded, and where it stands. */
export interface QueryPair {
  readonly name: string;
  readonly value: string;
  readonly wellFormed: boolean;
  readonly offset: number;
}

/** Reads `a=b&c=d` between two offsets: `&` alone separates, `+` is a space, a name alone has an empty value. */
export function readPairs(text: string, start: number, end: number): QueryPair[] {
  const pairs: QueryPair[] = [];
  let offset = start;
  for (const piece of text.slice(start, end).split('&')) {
    if (piece !== '') {
      const equals = piece.indexOf('=');
      const name = percentDecode((equals === -1 ? piece : piece.slice(0, equals)).replaceAll('+', ' '));
      const value = percentDecode(equals === -1 ? '' : piece.slice(equals + 1).replaceAll('+', ' '));
      const wellFormed = name.wellFormed && value.wellFormed;
      pairs.push({ name: name.value, value: value.value, wellFormed, offset });
    }
    offset += piece.length + 1;
  }
  return pairs;
}
