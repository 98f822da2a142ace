// In a package's folder: fails if `api/` is not what `dist` offers, or if something that it exports has no doc comment.
// `--write` writes `api/` instead.

import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest } from '../workspaces.ts';
import { formatReport } from './report.ts';
import { readSurface, reportName } from './surface.ts';

const folder = process.cwd();
const write = process.argv.includes('--write');
const { name } = readManifest(folder);
const { entries, undocumented } = readSurface(folder);
const reports = new Map(entries.map((entry) => [join('api', reportName(entry.name)), formatReport(name, entry)]));

const problems = undocumented.map((what) => `${what} has no doc comment`);
const stale = globSync('api/*', { cwd: folder }).filter((file) => !reports.has(file));
if (write) {
  mkdirSync(join(folder, 'api'), { recursive: true });
  for (const file of stale) rmSync(join(folder, file));
  for (const [file, text] of reports) writeFileSync(join(folder, file), text);
} else {
  const different = [...reports].filter(([file, text]) => {
    const path = join(folder, file);
    return !existsSync(path) || readFileSync(path, 'utf8') !== text;
  });
  const files = [...different.map(([file]) => file), ...stale];
  problems.push(...files.map((file) => `${file} is not what is exported now: run npm run api, and read what changed`));
}
for (const problem of problems) console.error(`${name}: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;
