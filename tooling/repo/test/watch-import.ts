// `node watch-import.ts FILE…`: loads one file after the other, and writes to file descriptor 3, as JSON, what of the
// process each of them changed. It ends by itself if nothing that was loaded keeps it.

import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(import.meta.url);

type Properties = ReadonlyMap<string, PropertyDescriptor | undefined>;

/** The properties of each global, and of its prototype. What is behind an accessor is not there before it is asked for. */
function globals(): Properties {
  const found = new Map<string, PropertyDescriptor | undefined>();
  const add = (name: string, object: object): void => {
    for (const key of Reflect.ownKeys(object)) {
      found.set(`${name}.${String(key)}`, Object.getOwnPropertyDescriptor(object, key));
    }
  };
  add('globalThis', globalThis);
  for (const key of Reflect.ownKeys(globalThis)) {
    const value: unknown = Object.getOwnPropertyDescriptor(globalThis, key)?.value;
    if (value === globalThis || value === null) continue;
    if (typeof value === 'object' || typeof value === 'function') add(String(key), value);
    if (typeof value === 'function' && value.prototype) add(`${String(key)}.prototype`, value.prototype as object);
  }
  return found;
}

/** What a library has no business with while it is loaded, as text. */
function surroundings(): Readonly<Record<string, string>> {
  return {
    listeners: process
      .eventNames()
      .map((name) => `${String(name)}: ${process.listenerCount(name)}`)
      .join(', '),
    environment: JSON.stringify(process.env),
    resources: process.getActiveResourcesInfo().join(', '),
    folder: process.cwd(),
  };
}

function isSame(a: PropertyDescriptor | undefined, b: PropertyDescriptor | undefined): boolean {
  const keys = ['value', 'get', 'set', 'writable', 'enumerable', 'configurable'] as const;
  return keys.every((key) => Object.is(a?.[key], b?.[key]));
}

// Node makes some of its globals when they are first looked at.
globals();
const report: Record<string, readonly string[]> = {};
for (const file of process.argv.slice(2)) {
  const before = { properties: globals(), around: surroundings() };
  if (file.endsWith('.cjs')) require(resolve(file));
  else await import(pathToFileURL(resolve(file)).href);
  // What is put off to the next turn is done by loading too.
  await new Promise((resume) => setImmediate(resume));
  const after = { properties: globals(), around: surroundings() };
  const names = new Set([...before.properties.keys(), ...after.properties.keys()]);
  report[file] = [
    ...[...names].filter((name) => !isSame(before.properties.get(name), after.properties.get(name))),
    ...Object.entries(after.around)
      .filter(([key, is]) => before.around[key] !== is)
      .map(([key, is]) => `${key}: ${before.around[key]} became ${is}`),
  ];
}
writeSync(3, JSON.stringify(report));
