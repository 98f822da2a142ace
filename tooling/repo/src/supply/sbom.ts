import { type Lock, nameOf, runtimeClosure } from './lock.ts';

/** What an SBOM is made of. */
export interface SbomSource {
  readonly lock: Lock;
  /** The folder of the package, from the root. */
  readonly folder: string;
  /** The version being released of each of our packages, which the lock may not know yet. */
  readonly versions: ReadonlyMap<string, string>;
  /** The SHA-512 of the tarball, in hexadecimal digits. */
  readonly sha512: string;
  readonly serialNumber: string;
  readonly timestamp: string;
}

interface Component {
  readonly 'bom-ref': string;
  readonly type: 'library';
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses: readonly { readonly expression: string }[];
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
}

/** A software bill of materials in CycloneDX 1.6. */
export interface Sbom {
  readonly bomFormat: 'CycloneDX';
  readonly specVersion: '1.6';
  readonly serialNumber: string;
  readonly version: 1;
  readonly metadata: { readonly timestamp: string; readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/**
 * What a user installs with one package, and nothing that only builds or tests it. `npm sbom --workspace` names every
 * workspace instead, those for tests too, and leaves out what they depend on.
 */
export function createSbom(source: SbomSource): Sbom {
  const { lock } = source;
  const closure = runtimeClosure(lock, source.folder);
  const references = new Map([...closure.keys()].map((folder) => [folder, describe(source, folder)]));
  const refOf = (folder: string): string => references.get(folder)?.['bom-ref'] ?? folder;
  const [own, ...others] = references.values();
  if (own === undefined) throw new Error(`package-lock.json has no ${source.folder}`);
  const hashes = [{ alg: 'SHA-512', content: source.sha512 }];
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: source.serialNumber,
    version: 1,
    metadata: { timestamp: source.timestamp, component: { ...own, hashes } },
    components: others,
    dependencies: [...closure].map(([folder, found]) => ({ ref: refOf(folder), dependsOn: found.map(refOf).sort() })),
  };
}

function describe({ lock, versions }: SbomSource, folder: string): Component {
  const fullName = nameOf(lock, folder);
  const { version: locked, license, integrity } = lock[folder] ?? {};
  const version = versions.get(fullName) ?? locked;
  if (version === undefined || license === undefined) {
    throw new Error(`package-lock.json says neither version nor licence of ${fullName}`);
  }
  const [name = '', group] = fullName.split('/').reverse();
  const purl = `pkg:npm/${fullName.replace('@', '%40')}@${version}`;
  const hash = /^sha512-(.+)$/.exec(integrity ?? '')?.[1];
  return {
    'bom-ref': purl,
    type: 'library',
    ...(group === undefined ? {} : { group }),
    name,
    version,
    purl,
    licenses: [{ expression: license }],
    ...(hash === undefined
      ? {}
      : { hashes: [{ alg: 'SHA-512', content: Buffer.from(hash, 'base64').toString('hex') }] }),
  };
}
