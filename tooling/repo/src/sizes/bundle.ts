import { SourceMap, type SourceMapPayload } from 'node:module';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build, type OutputFile } from 'esbuild';

/** What is imported, and from where. */
export interface Import {
  /** As a user writes it: `@leveret/url/redact`. */
  readonly specifier: string;
  /** Names; without them everything that the entry exports. */
  readonly names?: readonly string[];
}

/** Bundles an import from the build, as an application's bundler does. Throws what esbuild throws. */
async function bundle(
  { specifier, names }: Import,
  folder: string,
  external: readonly string[],
  more: BuildOptions,
): Promise<readonly OutputFile[]> {
  const { outputFiles } = await build({
    stdin: {
      contents: `export ${names === undefined ? '*' : `{ ${names.join(', ')} }`} from '${specifier}';`,
      resolveDir: folder,
    },
    bundle: true,
    write: false,
    outdir: folder,
    format: 'esm',
    target: 'es2023',
    platform: 'node',
    external: [...external],
    // It warns of imports without names, which it drops in packages that are not installed but linked.
    logLevel: 'error',
    logOverride: { 'ignored-bare-import': 'silent' },
    ...more,
  });
  return outputFiles ?? [];
}

/** Bytes that an import adds to what ships it: bundled, minified and compressed by gzip; `external` packages left out. */
export async function measureImport(what: Import, folder: string, external: readonly string[] = []): Promise<number> {
  const [code] = await bundle(what, folder, external, { minify: true });
  return gzipSync(code?.contents ?? '', { level: 9 }).length;
}

/** The files of source of which something is left when an import is bundled: `url/src/redact.ts`, by name. */
export async function keptSources(
  what: Import,
  folder: string,
  external: readonly string[] = [],
): Promise<readonly string[]> {
  const files = await bundle(what, folder, external, { sourcemap: 'external' });
  const textOf = (end: string): string => files.find(({ path }) => path.endsWith(end))?.text ?? '';
  const map = new SourceMap(JSON.parse(textOf('.map')) as SourceMapPayload);
  const found = new Set<string>();
  for (const [line, text] of textOf('.js').split('\n').entries()) {
    for (let column = 0; column < text.length; column += 1) {
      const entry = map.findEntry(line, column);
      const source = 'originalSource' in entry ? /[\w-]+\/src\/.+$/.exec(entry.originalSource)?.[0] : undefined;
      if (source !== undefined) found.add(source);
    }
  }
  return [...found].sort();
}
