import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createChangelog, findAddress } from '../../../.changeset/changelog.ts';

const address = 'https://github.com/example/leveret';
const commit = '0123456789abcdef0123456789abcdef01234567';

describe('a line of a changelog', () => {
  it('tells the change, and links the commit and the issues that it names', () => {
    const line = createChangelog(address).getReleaseLine({
      summary: 'An abort ends the wait (#12).\nAt once.\n',
      commit,
    });
    expect(line).toBe(
      '- An abort ends the wait ([#12](https://github.com/example/leveret/issues/12)).\n  At once. ' +
        `([0123456](https://github.com/example/leveret/commit/${commit}))`,
    );
  });

  it('leaves paragraphs in their list item, and links that are there', () => {
    const summary = 'One [#3](elsewhere).\n\nTwo, see example/other#4.';
    expect(createChangelog(address).getReleaseLine({ summary })).toBe(
      '- One [#3](elsewhere).\n\n  Two, see example/other#4.',
    );
  });

  it('names the releases of our packages that it brings', () => {
    const changelog = createChangelog(address);
    expect(changelog.getDependencyReleaseLine([], [{ name: '@leveret/url', newVersion: '0.2.0' }])).toBe(
      '- Brings [@leveret/url@0.2.0](https://github.com/example/leveret/releases/tag/%40leveret%2Furl%400.2.0).',
    );
    expect(changelog.getDependencyReleaseLine([], [])).toBe('');
  });

  it('links nothing where the repository has no address', () => {
    const changelog = createChangelog(undefined);
    expect(changelog.getReleaseLine({ summary: 'Done, see #12.', commit })).toBe('- Done, see #12. (0123456)');
  });
});

describe('the address of the repository', () => {
  function addressOf(manifest: object, env: NodeJS.ProcessEnv): string | undefined {
    const root = mkdtempSync(join(tmpdir(), 'leveret-address-'));
    try {
      writeFileSync(join(root, 'package.json'), JSON.stringify(manifest));
      return findAddress(root, env);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  }
  const onGitHub = { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'example/fork' };

  it('is what package.json says', () => {
    expect(addressOf({ repository: { url: `git+${address}.git` } }, onGitHub)).toBe(address);
  });

  it('is where the workflow runs, if package.json says none', () => {
    expect(addressOf({}, onGitHub)).toBe('https://github.com/example/fork');
    expect(addressOf({}, {})).toBeUndefined();
  });
});
