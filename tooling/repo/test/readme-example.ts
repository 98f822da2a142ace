/** The text of the first block marked `ts` in a README; undefined if there is none. */
export function firstExample(readme: string): string | undefined {
  return /^```ts\n([\s\S]*?)^```$/m.exec(readme)?.[1];
}

const importLine = /^import (?:(?<whole>\w+)|\* as (?<all>\w+)|\{(?<names>[^}]*)\}) from '(?<from>[^']+)';$/gm;

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
