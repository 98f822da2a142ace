import ts from 'typescript';
import type { Entry } from './surface.ts';

const printer = ts.createPrinter({ removeComments: true });

/** The report of one entry: what it exports, then what that names, each by name, without comments. */
export function formatReport(packageName: string, entry: Entry): string {
  const specifier = entry.name === '.' ? packageName : packageName + entry.name.slice(1);
  const exported = print(entry.exports);
  const reached = print(entry.reached);
  return [
    `# ${specifier}`,
    '',
    'Written by `npm run api`. A change in here is a change of what users see: it wants a changeset.',
    '',
    block(exported),
    ...(reached.length === 0 ? [] : ['', '## Not exported, and part of the above', '', block(reached)]),
    '',
  ].join('\n');
}

function block(texts: readonly string[]): string {
  return ['```ts', texts.join('\n\n'), '```'].join('\n');
}

function print(all: ReadonlyMap<string, readonly ts.Declaration[]>): readonly string[] {
  // By code point: the order must not depend on where it is written.
  const names = [...all.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return names.flatMap((name) => (all.get(name) ?? []).map((declaration) => printOne(name, declaration)));
}

function printOne(name: string, declaration: ts.Declaration): string {
  const statement = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  const text = printer.printNode(ts.EmitHint.Unspecified, statement, statement.getSourceFile());
  const local = ts.getNameOfDeclaration(declaration)?.getText();
  const plain = text.replace(/^export /, '');
  return local === name ? plain : `// exported as ${name}\n${plain}`;
}
