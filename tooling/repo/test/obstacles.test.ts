import { describe, expect, it } from 'vitest';
import { findObstacles, type Situation } from '../src/release/obstacles.ts';

const url = 'git+https://github.com/example/leveret.git';
const inWorkflow = {
  ACTIONS_ID_TOKEN_REQUEST_URL: 'https://localhost/token',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'example/leveret',
};
const ready: Situation = {
  tag: 'latest',
  pendingChangesets: [],
  uncommitted: [],
  manifests: [{ name: '@leveret/url', version: '0.2.0', repository: { url } }],
  env: inWorkflow,
  withoutProvenance: false,
};

describe('a release', () => {
  it('is published from a workflow, of a clean tree whose packages have versions', () => {
    expect(findObstacles(ready)).toEqual([]);
  });

  it.each<[string, Partial<Situation>, RegExp]>([
    ['changesets that are no versions yet', { pendingChangesets: ['a.md'] }, /^1 changesets .*npm run version/],
    ['a package without a version', { manifests: [{ name: 'a', version: '0.0.0', repository: { url } }] }, /: a$/],
    ['what is not in git', { uncommitted: [' M package.json'] }, /^1 files are not committed/],
    ['a laptop, which can sign no provenance', { env: {} }, /release\.yml/],
    ['packages that name another repository', { manifests: [{ name: 'a', version: '1.0.0' }] }, /leveret\.git in a$/],
  ])('is held up by %s', (_what, change, sentence) => {
    const obstacles = findObstacles({ ...ready, ...change });
    expect(obstacles).toHaveLength(1);
    expect(obstacles[0]).toMatch(sentence);
  });

  it('is published from a laptop if it is said that it has no provenance', () => {
    expect(findObstacles({ ...ready, env: {}, withoutProvenance: true })).toEqual([]);
  });

  it('as a canary leaves versions that are in no commit', () => {
    expect(findObstacles({ ...ready, tag: 'canary', uncommitted: [' M packages/url/package.json'] })).toEqual([]);
  });
});
