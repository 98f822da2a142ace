import type { Size } from './measured.ts';

/** A row of docs/sizes.md: what was measured when it was written, and what it may grow to. */
export interface Row {
  readonly title: string;
  readonly size: Size;
  readonly budget: Size;
}

const head = `# What an import weighs

Written by \`npm run sizes\`, and checked by \`npm test\`: what is larger than its budget fails. The budget is a twentieth more than what was
measured when this was written. Who makes something larger on purpose runs \`npm run sizes\`, and the new figures are read in review.

Bytes of the build, bundled by esbuild, minified and compressed by gzip. *Alone* is the package's own code; the second figure has what the
package depends on as well, ours and others, without optional peers. What two imports share counts in both rows, and once in a bundle
of both. Names in braces are an import of these alone: a bundler leaves the rest out.

| import | alone | budget | with what it needs | budget |
|---|---:|---:|---:|---:|
`;

const rowPattern = /^\| `(?<title>[^`]+)` \|(?<figures>(?: [\d,]+ \|){4})$/;

/** As a reader wants it: 12,345. */
export function formatBytes(bytes: number): string {
  return bytes.toLocaleString('en');
}

/** A twentieth more than what is, to the next ten. */
export function budgetFor({ alone, complete }: Size): Size {
  const more = (bytes: number): number => Math.ceil((bytes * 1.05) / 10) * 10;
  return { alone: more(alone), complete: more(complete) };
}

/** docs/sizes.md. */
export function formatPage(rows: readonly Row[]): string {
  const lines = rows.map(({ title, size, budget }) => {
    const figures = [size.alone, budget.alone, size.complete, budget.complete].map(formatBytes);
    return `| \`${title}\` | ${figures.join(' | ')} |\n`;
  });
  return head + lines.join('');
}

/** The rows of a page that `formatPage` wrote. */
export function parsePage(page: string): readonly Row[] {
  return page.split('\n').flatMap((line) => {
    const { title, figures } = rowPattern.exec(line)?.groups ?? {};
    if (title === undefined || figures === undefined) return [];
    const [alone = 0, aloneBudget = 0, complete = 0, completeBudget = 0] = figures
      .split('|')
      .map((figure) => Number(figure.replaceAll(',', '')));
    return [{ title, size: { alone, complete }, budget: { alone: aloneBudget, complete: completeBudget } }];
  });
}

/** What is too large, not in the page, or no longer there, each as a sentence that says what to do. */
export function findOversize(rows: readonly Row[], measured: ReadonlyMap<string, Size>): readonly string[] {
  const problems = rows
    .filter(({ title }) => !measured.has(title))
    .map(({ title }) => `${title} is in docs/sizes.md, and is nothing that can be imported: run npm run sizes`);
  for (const [title, size] of measured) {
    const budget = rows.find((row) => row.title === title)?.budget;
    if (budget === undefined) problems.push(`${title} has no budget: run npm run sizes`);
    else {
      for (const [key, what] of [
        ['alone', ''],
        ['complete', ', with what it needs,'],
      ] as const) {
        if (size[key] <= budget[key]) continue;
        const [is, may] = [formatBytes(size[key]), formatBytes(budget[key])];
        problems.push(
          `${title}${what} is ${is} bytes, and may be ${may}: make it smaller, or run npm run sizes and say why`,
        );
      }
    }
  }
  return problems;
}
