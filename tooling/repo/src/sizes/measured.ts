import { listEntries } from '../entries.ts';
import { listPublished, repositoryRoot, type Workspace } from '../workspaces.ts';
import { type Import, measureImport } from './bundle.ts';

/** What is measured besides every entry: parts that are used without the rest. */
const parts: readonly Required<Import>[] = [
  { specifier: '@leveret/heartbeat', names: ['startHeartbeat'] },
  { specifier: '@leveret/heartbeat', names: ['negotiate'] },
  { specifier: '@leveret/retry/backoff', names: ['constant'] },
  { specifier: '@leveret/retry/backoff', names: ['exponential', 'jittered'] },
  { specifier: '@leveret/rpc', names: ['createRpcClient'] },
  { specifier: '@leveret/rpc', names: ['createRpcServer'] },
];

/** The bytes of an import, minified and compressed. */
export interface Size {
  /** Of the package's own code. */
  readonly alone: number;
  /** With what its package depends on, unless an application that has it anyway must bring it (a peer). */
  readonly complete: number;
}

/** An import of a package as a reader knows it: `@leveret/rpc { createRpcClient }`. */
export function titleOf({ specifier, names }: Import): string {
  return names === undefined ? specifier : `${specifier} { ${names.join(', ')} }`;
}

/** What of a package is measured: each entry, and under it the parts of it. */
export function importsOf({ manifest }: Workspace): readonly Import[] {
  return listEntries(manifest).flatMap(({ specifier }) => [
    { specifier },
    ...parts.filter((part) => part.specifier === specifier),
  ]);
}

/** Measures everything, from `dist`, by title. */
export async function measureAll(): Promise<ReadonlyMap<string, Size>> {
  const found = new Map<string, Size>();
  for (const workspace of listPublished()) {
    const { dependencies, peerDependencies } = workspace.manifest;
    const peers = Object.keys(peerDependencies ?? {});
    const outside = [...peers, ...Object.keys(dependencies ?? {})];
    for (const what of importsOf(workspace)) {
      const alone = await measureImport(what, repositoryRoot, outside);
      const complete = dependencies === undefined ? alone : await measureImport(what, repositoryRoot, peers);
      found.set(titleOf(what), { alone, complete });
    }
  }
  return found;
}
