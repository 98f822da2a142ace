import type { Workspace } from '../workspaces.ts';
import { importsOf, titleOf } from './measured.ts';
import { formatBytes, type Row } from './page.ts';

const block = /(<!-- sizes, by npm run sizes -->\n)[\s\S]*?(<!-- \/sizes -->\n)/;

/** The README of a package with the package's rows of docs/sizes.md. Throws where there is no place for them. */
export function withSizes(readme: string, workspace: Workspace, rows: readonly Row[]): string {
  if (!block.test(readme)) {
    throw new Error(
      `the README of ${workspace.manifest.name} has no <!-- sizes, by npm run sizes --> … <!-- /sizes -->`,
    );
  }
  const needs = workspace.manifest.dependencies !== undefined;
  const titles = importsOf(workspace).map(titleOf);
  const lines = rows
    .filter(({ title }) => titles.includes(title))
    .map(({ title, size: { alone, complete } }) => {
      const figures = needs ? [alone, complete] : [alone];
      return `| \`${title}\` | ${figures.map(formatBytes).join(' | ')} |\n`;
    });
  const head = needs
    ? '| bytes, minified and compressed | alone | with what it needs |\n|---|---:|---:|\n'
    : '| import | bytes, minified and compressed |\n|---|---:|\n';
  return readme.replace(block, (_, before: string, after: string) => `${before}${head}${lines.join('')}${after}`);
}
