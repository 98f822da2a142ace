// `npm run sizes`: measures every import of the published packages, and writes docs/sizes.md and what of it stands in
// their READMEs.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listPublished, repositoryRoot } from '../workspaces.ts';
import { measureAll } from './measured.ts';
import { budgetFor, formatPage, type Row } from './page.ts';
import { withSizes } from './readme.ts';

const measured = await measureAll();
const rows: readonly Row[] = [...measured].map(([title, size]) => ({ title, size, budget: budgetFor(size) }));
writeFileSync(join(repositoryRoot, 'docs/sizes.md'), formatPage(rows));
for (const workspace of listPublished()) {
  const readme = join(workspace.folder, 'README.md');
  writeFileSync(readme, withSizes(readFileSync(readme, 'utf8'), workspace, rows));
}
