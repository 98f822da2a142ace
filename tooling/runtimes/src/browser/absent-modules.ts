import { fileURLToPath } from 'node:url';
import type { Vite } from 'vitest/node';

/** What an error starts with that is there because a module of Node is not. */
export const absent = 'not in a browser:';

const standIns: Readonly<Record<string, string>> = { 'node:events': './events.ts', 'node:fs': './fs.ts' };
const nodeOnly = /^(?:node:.*|esbuild|undici7?)$/;
const prefix = '\0absent:';

/**
 * For a browser: modules that only Node has can be imported, and whoever calls a function of theirs gets an error that
 * names it. So what a file tests without them is tested. Two have a stand-in.
 */
export function absentModules(): Vite.Plugin {
  return {
    name: 'absent-modules',
    enforce: 'pre',
    resolveId(id, importer) {
      const standIn = standIns[id];
      if (standIn !== undefined) return fileURLToPath(new URL(standIn, import.meta.url));
      return nodeOnly.test(id) && importer?.includes('/packages/') ? prefix + id : undefined;
    },
    async load(id) {
      if (!id.startsWith(prefix)) return undefined;
      const name = id.slice(prefix.length);
      const names = Object.keys((await import(name)) as object).filter((key) => /^\w+$/.test(key) && key !== 'default');
      return names
        .map((key) => `export function ${key}_() { throw new Error('${absent} ${key} of ${name}'); }`)
        .concat(`export { ${names.map((key) => `${key}_ as ${key}`).join(', ')} };`)
        .join('\n');
    },
  };
}
