import { readFileSync } from 'node:fs';
import { basename, join, resolve, sep } from 'node:path';
import ts from 'typescript';
import type { Manifest } from '../workspaces.ts';

/** What one entry of a package offers. */
export interface Entry {
  /** As in `exports`: `.` or `./name`. */
  readonly name: string;
  /** What it exports, by name. */
  readonly exports: ReadonlyMap<string, readonly ts.Declaration[]>;
  /** What these name and no entry of the package exports, by name: a change of it is a change of them. */
  readonly reached: ReadonlyMap<string, readonly ts.Declaration[]>;
}

/** The public surface of a package, as its declarations tell it. */
export interface Surface {
  readonly entries: readonly Entry[];
  /**
   * What is exported and has no doc comment. A member may do with its name, but not one of options, `SomeOptions.member`
   * here: it has a default, a unit, or a limit to tell. Options under another project's names, `snake_case`, are told there.
   */
  readonly undocumented: readonly string[];
}

/**
 * Reads the declarations in `dist` of a package.
 * @throws {Error} when they are not there, or do not compile: build first.
 */
export function readSurface(folder: string): Surface {
  const files = entryFiles(folder);
  const program = ts.createProgram([...files.values()], {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    skipLibCheck: true,
    types: ['node'],
  });
  const checker = program.getTypeChecker();
  const inPackage = (declaration: ts.Declaration): boolean =>
    resolve(declaration.getSourceFile().fileName).startsWith(join(folder, 'dist') + sep);
  const follow = (symbol: ts.Symbol): ts.Symbol =>
    (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);

  const exported = [...files].map(([name, file]) => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error(`${file} exports nothing, or is not there: run npm run build`);
    return {
      name,
      symbols: checker.getExportsOfModule(module).map((symbol) => [symbol.name, follow(symbol)] as const),
    };
  });
  const known = new Set(exported.flatMap(({ symbols }) => symbols.map(([, symbol]) => symbol)));

  const entries = exported.map(({ name, symbols }) => {
    const reached = new Map<string, readonly ts.Declaration[]>();
    const seen = new Set(known);
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node)) {
        const symbol = checker.getSymbolAtLocation(node);
        const target = symbol && follow(symbol);
        const declarations = (target?.declarations ?? []).filter((one) => inPackage(one) && isTopLevel(one));
        if (target !== undefined && declarations.length > 0 && !seen.has(target)) {
          seen.add(target);
          reached.set(target.name, declarations);
          for (const declaration of declarations) visit(declaration);
        }
      }
      ts.forEachChild(node, visit);
    };
    const exports = new Map(symbols.map(([symbolName, symbol]) => [symbolName, symbol.declarations ?? []]));
    for (const declarations of exports.values()) for (const one of declarations.filter(inPackage)) visit(one);
    return { name, exports, reached };
  });

  const undocumented = new Set<string>();
  for (const [name, symbol] of exported.flatMap(({ symbols }) => symbols)) {
    const declarations = (symbol.declarations ?? []).filter(inPackage);
    if (declarations.length === 0) continue;
    if (symbol.getDocumentationComment(checker).length === 0) undocumented.add(name);
    if (!name.endsWith('Options')) continue;
    const members = declarations.filter(ts.isInterfaceDeclaration).flatMap((one) => [...one.members]);
    if (members.some((member) => member.name?.getText().includes('_'))) continue;
    for (const member of members) {
      const memberSymbol = member.name && checker.getSymbolAtLocation(member.name);
      if (memberSymbol?.getDocumentationComment(checker).length === 0) undocumented.add(`${name}.${memberSymbol.name}`);
    }
  }
  return { entries, undocumented: [...undocumented].sort() };
}

function entryFiles(folder: string): ReadonlyMap<string, string> {
  const { exports = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  const names = Object.keys(exports).filter((name) => name !== './package.json');
  return new Map(
    names.map((name) => {
      const { import: conditions } = exports[name] as { import: { types: string } };
      return [name, join(folder, conditions.types)];
    }),
  );
}

function isTopLevel(declaration: ts.Declaration): boolean {
  const holder = ts.isVariableDeclaration(declaration) ? declaration.parent.parent.parent : declaration.parent;
  return ts.isSourceFile(holder);
}

/** The name of the file of a report: `index` for the entry `.`. */
export function reportName(entry: string): string {
  return `${entry === '.' ? 'index' : basename(entry)}.api.md`;
}
