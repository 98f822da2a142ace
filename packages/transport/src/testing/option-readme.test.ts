import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { withOptionTables } from './option-readme.js';

it('the README shows the tables of options as they are (vitest -u writes them)', async () => {
  const path = new URL('../../README.md', import.meta.url);
  await expect(withOptionTables(readFileSync(path, 'utf8'))).toMatchFileSnapshot(path.pathname);
});
