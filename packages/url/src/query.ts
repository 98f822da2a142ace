/** The query of a URL: a map that cannot be changed, and that shows nothing of itself when printed. */
export class Query implements ReadonlyMap<string, string> {
  readonly #map: ReadonlyMap<string, string>;

  /** The map is the query's from then on. */
  constructor(map: ReadonlyMap<string, string>) {
    this.#map = map;
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
    return this.#map.entries();
  }

  forEach(visit: (value: string, name: string, query: ReadonlyMap<string, string>) => void, thisArg?: unknown): void {
    this.#map.forEach((value, name) => {
      visit.call(thisArg, value, name, this);
    });
  }
}
