import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './folders.ts';
import { formatPage } from './page.ts';
import type { Result } from './results.ts';
import { type Suite, suites } from './suites.ts';
import { formatTable } from './table.ts';

/** A file that says where the packages run, as it should be. */
export interface Document {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

const start = '<!-- runtimes, by npm run test:runtimes -->';
const end = '<!-- /runtimes -->';

/** docs/runtimes.md, and the READMEs of the repository and of each package with their block about runtimes. */
export function writeDocuments(results: readonly Result[]): readonly Document[] {
  const packages = Map.groupBy(suites, (suite) => suite.package);
  const readmes = [
    ...Map.groupBy(
      suites.filter((suite) => !suite.outside),
      (suite) => suite.package,
    ),
  ].map(([name, own]) => {
    const path = `packages/${name}/README.md`;
    const ofPackage = results.filter(({ suite }) => own.some((one) => one.name === suite));
    const columns = new Map(
      own.map((suite): [string, readonly Suite[]] => [
        ['its tests', ...(suite.part === undefined ? [] : [suite.part])].join(' '),
        [suite],
      ]),
    );
    return withBlock(path, ofPackage, formatTable(ofPackage, columns), '../../docs/runtimes.md');
  });
  return [
    { path: 'docs/runtimes.md', text: formatPage(results) },
    withBlock('README.md', results, formatTable(results, packages), 'docs/runtimes.md'),
    ...readmes,
  ];
}

function withBlock(path: string, results: readonly Result[], table: string, page: string): Document {
  const text = readFileSync(join(repositoryRoot, path), 'utf8');
  const [before, rest] = text.split(start);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`${path} needs a line ${start} and a line ${end}; what is between them is written.`);
  }
  const [date] = results
    .map((result) => result.date)
    .toSorted()
    .slice(-1);
  const told = `Last run on ${date}. What is left out, and why: [runtimes](${page}).`;
  return { path, text: `${before}${start}\n\n${table}\n\n${told}\n\n${end}${after}` };
}
