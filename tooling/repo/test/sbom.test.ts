import { describe, expect, it } from 'vitest';
import { type Lock, readLock, resolveLocked, runtimeClosure } from '../src/supply/lock.ts';
import { createSbom } from '../src/supply/sbom.ts';
import { repositoryRoot } from '../src/workspaces.ts';

const lock: Lock = {
  '': { name: 'all' },
  'packages/a': { name: '@x/a', version: '0.0.0', license: 'MIT', dependencies: { '@x/b': '^0.0.0', c: '1.0.0' } },
  'packages/b': { name: '@x/b', version: '0.0.0', license: 'MIT', dependencies: { c: '2.0.0' } },
  'node_modules/@x/b': { resolved: 'packages/b', link: true },
  'node_modules/c': { version: '1.0.0', license: 'ISC', integrity: 'sha512-AQID' },
  'packages/b/node_modules/c': { version: '2.0.0', license: 'ISC', dependencies: { d: '^1.0.0' } },
  'node_modules/d': { version: '1.1.0', license: '(MIT OR Apache-2.0)' },
  'node_modules/only-for-tests': { version: '1.0.0', license: 'GPL-3.0', dev: true },
};

describe('the lock', () => {
  it('finds a package where Node finds it', () => {
    expect(resolveLocked(lock, 'packages/a', 'c')).toBe('node_modules/c');
    expect(resolveLocked(lock, 'packages/b', 'c')).toBe('packages/b/node_modules/c');
    expect(resolveLocked(lock, 'packages/a', '@x/b')).toBe('packages/b');
    expect(resolveLocked(lock, 'packages/a', 'nothing')).toBeUndefined();
  });

  it('says what is missing in it', () => {
    expect(() => runtimeClosure({ 'packages/a': { dependencies: { c: '1.0.0' } } }, 'packages/a')).toThrow(
      'package-lock.json has no c for packages/a: run npm install',
    );
  });
});

describe('an SBOM', () => {
  const sbom = createSbom({
    lock,
    folder: 'packages/a',
    versions: new Map([
      ['@x/a', '0.3.0'],
      ['@x/b', '0.2.0'],
    ]),
    sha512: 'abcd',
    serialNumber: 'urn:uuid:1',
    timestamp: '2026-01-01T00:00:00.000Z',
  });

  it('describes the package as it is released', () => {
    expect(sbom.metadata.component).toEqual({
      'bom-ref': 'pkg:npm/%40x/a@0.3.0',
      type: 'library',
      group: '@x',
      name: 'a',
      version: '0.3.0',
      purl: 'pkg:npm/%40x/a@0.3.0',
      licenses: [{ expression: 'MIT' }],
      hashes: [{ alg: 'SHA-512', content: 'abcd' }],
    });
  });

  it('lists what is installed with it, and nothing else', () => {
    const purls = ['pkg:npm/%40x/b@0.2.0', 'pkg:npm/c@2.0.0', 'pkg:npm/d@1.1.0', 'pkg:npm/c@1.0.0'];
    expect(sbom.components.map(({ purl }) => purl)).toEqual(purls);
    expect(sbom.components.at(-1)?.hashes).toEqual([{ alg: 'SHA-512', content: '010203' }]);
  });

  it('says what depends on what', () => {
    expect(sbom.dependencies).toEqual([
      { ref: 'pkg:npm/%40x/a@0.3.0', dependsOn: ['pkg:npm/%40x/b@0.2.0', 'pkg:npm/c@1.0.0'] },
      { ref: 'pkg:npm/%40x/b@0.2.0', dependsOn: ['pkg:npm/c@2.0.0'] },
      { ref: 'pkg:npm/c@2.0.0', dependsOn: ['pkg:npm/d@1.1.0'] },
      { ref: 'pkg:npm/d@1.1.0', dependsOn: [] },
      { ref: 'pkg:npm/c@1.0.0', dependsOn: [] },
    ]);
  });

  it('of @leveret/rpc has our layers and amqplib in it, and nothing of the tests', () => {
    const names = [...runtimeClosure(readLock(repositoryRoot), 'packages/rpc').keys()];
    const layers = ['rpc', 'transport', 'url', 'retry', 'heartbeat'].map((name) => `packages/${name}`);
    expect(names).toEqual(expect.arrayContaining([...layers, 'node_modules/amqplib']));
    expect(names.filter((name) => /tooling|broker|vitest|undici/.test(name))).toEqual([]);
  });
});
