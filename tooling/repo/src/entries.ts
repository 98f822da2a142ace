import type { Manifest } from './workspaces.ts';

/** One key of `exports`, `./package.json` left out. */
export interface Entry {
  /** As a user writes it: `@leveret/url/redact`. */
  readonly specifier: string;
  /** Paths in the package: what ESM gets, what CommonJS gets, and the declarations of either. */
  readonly esm: string;
  readonly cjs: string;
  readonly types: readonly string[];
}

/** The entries of a package. */
export function listEntries({ name, exports = {} }: Manifest): readonly Entry[] {
  return Object.entries(exports)
    .filter(([key]) => key !== './package.json')
    .map(([key, value]) => {
      const { import: esm, require: cjs } = value as Record<'import' | 'require', { types: string; default: string }>;
      return { specifier: name + key.slice(1), esm: esm.default, cjs: cjs.default, types: [esm.types, cjs.types] };
    });
}
