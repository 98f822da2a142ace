import { isBuiltin } from 'node:module';

/** The text of the first block marked `ts` in a README; undefined if there is none. */
export function firstExample(readme: string): string | undefined {
  return /^```ts\n([\s\S]*?)^```$/m.exec(readme)?.[1];
}

const importLine = /^import (?:(?<whole>\w+)|\* as (?<all>\w+)|\{(?<names>[^}]*)\}) from '(?<from>[^']+)';$/gm;

/** The packages that a program imports, Node's modules left out. */
export function importedPackages(program: string): readonly string[] {
  const specifiers = [...program.matchAll(importLine)].map(({ groups }) => groups?.['from'] ?? '');
  const names = specifiers.map((specifier) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier);
  return [...new Set(names)].filter((name) => !isBuiltin(name));
}

/**
 * The same program as a CommonJS file: each import becomes a `require`, and the rest moves into an async function for
 * the sake of top-level await. Throws when there is an import of a form it does not know.
 */
export function toCommonJs(program: string): string {
  const body = program.replace(importLine, (line, ...rest) => {
    const { whole, all, names, from } = rest.at(-1) as Record<string, string | undefined>;
    const bound = whole ?? all ?? `{${names?.replaceAll(' as ', ': ')}}`;
    return from === undefined ? line : `const ${bound} = require('${from}');`;
  });
  if (/^(?:import|export)\b(?!\()/m.test(body)) throw new Error(`cannot be turned into CommonJS:\n${body}`);
  return `(async () => {\n${body}})();\n`;
}
