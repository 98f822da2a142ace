import { InvalidArgumentError } from './errors.js';
import { JsonInteger, MAX_INTEGER_DIGITS } from './json.js';

/**
 * The value as JSON can carry it, the same object if it already can. Dates become `YYYY-MM-DDTHH:MM:SS.ffffff` in UTC,
 * sets lists, maps objects, bytes the text they are in UTF-8; what has a `toJSON` becomes what that returns, an instance
 * of a class its own enumerable properties. A property that is undefined is left out, as `JSON.stringify` does.
 * spec 7.7.
 * @param name what the value is called in the error: `args`, `result`.
 * @param bigints whether a bigint is sent, as a whole number of all its digits.
 * @throws InvalidArgumentError with the path of the first value that cannot be carried.
 */
export function toWireValue(value: unknown, name: string, bigints = false): unknown {
  const walk = new Walk(name, bigints);
  try {
    return walk.convert(value);
  } catch (error) {
    if (error instanceof RangeError)
      throw new InvalidArgumentError(`${name} cannot be sent: it is nested too deeply.`, name);
    throw error;
  }
}

class Walk {
  readonly #name: string;
  readonly #bigints: boolean;
  // Where the walk stands. A path is only spelled out for an error: nearly all values have none.
  readonly #keys: (string | number)[] = [];
  readonly #ancestors: object[] = [];

  constructor(name: string, bigints: boolean) {
    this.#name = name;
    this.#bigints = bigints;
  }

  convert(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        if (Number.isFinite(value)) return value;
        throw this.#refuse(`is ${value}, which JSON does not have`);
      case 'object':
        return value === null ? null : this.#object(value);
      case 'bigint':
        return this.#integer(value);
      case 'undefined':
        throw this.#refuse('is undefined; send null');
      default:
        throw this.#refuse(`is a ${typeof value}`);
    }
  }

  #integer(value: bigint): JsonInteger {
    if (!this.#bigints) throw this.#refuse('is a bigint; send a number, or text');
    if (String(value).length > MAX_INTEGER_DIGITS) throw this.#refuse('is a bigint of more digits than Python reads');
    return new JsonInteger(value);
  }

  #object(value: object): unknown {
    if (this.#ancestors.includes(value)) throw this.#refuse('contains itself');
    this.#ancestors.push(value);
    const converted = this.#byKind(value);
    this.#ancestors.pop();
    return converted;
  }

  #byKind(value: object): unknown {
    if (Array.isArray(value)) return this.#list(value);
    if (value instanceof Date) return this.#date(value);
    if (value instanceof Set) return this.#list([...value]);
    if (value instanceof Map) return this.#map(value);
    if (value instanceof Uint8Array) return this.#bytes(value);
    if ('toJSON' in value && typeof value.toJSON === 'function') return this.convert(value.toJSON());
    const kind = Object.prototype.toString.call(value).slice('[object '.length, -1);
    if (kind === 'Promise') throw this.#refuse('is a promise (is an await missing?)');
    if (kind !== 'Object') throw this.#refuse(`is of kind ${kind}`);
    return this.#properties(value as Record<string, unknown>);
  }

  #list(list: readonly unknown[]): readonly unknown[] {
    let copy: unknown[] | undefined;
    for (let index = 0; index < list.length; index += 1) {
      const item = list[index];
      const converted = this.#at(index, item);
      if (converted !== item) copy ??= list.slice();
      if (copy !== undefined) copy[index] = converted;
    }
    return copy ?? list;
  }

  #properties(value: Record<string, unknown>): object {
    let copy: Record<string, unknown> | undefined;
    for (const key of Object.keys(value)) {
      const item = value[key];
      if (item === undefined) continue;
      const converted = this.#at(key, item);
      // Without a prototype, so that a property called __proto__ stays one.
      if (converted !== item) copy ??= Object.assign(Object.create(null), value) as Record<string, unknown>;
      if (copy !== undefined) copy[key] = converted;
    }
    return copy ?? value;
  }

  #map(map: ReadonlyMap<unknown, unknown>): object {
    const copy = Object.create(null) as Record<string, unknown>;
    for (const [key, item] of map) {
      // The keys Python's json turns into strings, in the same way.
      if (key !== null && typeof key !== 'string' && typeof key !== 'number' && typeof key !== 'boolean') {
        throw this.#refuse(`has a key of type ${typeof key}; JSON's keys are strings`);
      }
      if (item !== undefined) copy[String(key)] = this.#at(String(key), item);
    }
    return copy;
  }

  #at(key: string | number, item: unknown): unknown {
    this.#keys.push(key);
    const converted = this.convert(item);
    this.#keys.pop();
    return converted;
  }

  #date(date: Date): string {
    const text = Number.isNaN(date.getTime()) ? '' : date.toISOString();
    // Python's years have four digits.
    if (!/^\d{4}-/u.test(text)) throw this.#refuse('is a date that Python cannot hold');
    return `${text.slice(0, -1)}000`;
  }

  #bytes(bytes: Uint8Array): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw this.#refuse('holds bytes that are not UTF-8; send base64 text');
    }
  }

  #refuse(problem: string): InvalidArgumentError {
    const path = this.#keys.reduce<string>(
      (parent, key) => (typeof key === 'number' ? `${parent}[${key}]` : `${parent}.${key}`),
      this.#name,
    );
    return new InvalidArgumentError(`${path} cannot be sent: it ${problem}.`, path);
  }
}
