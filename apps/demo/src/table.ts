import type { Paint } from './report.ts';

/** A table: the first column to the left, numbers to the right; a last row of sums stands apart. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint,
  sums?: readonly string[],
): string {
  const all = [head, ...rows, ...(sums === undefined ? [] : [sums])];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  const rule = '-'.repeat(line(head).length);
  return [
    paint('bold', line(head)),
    paint('dim', rule),
    ...rows.map(line),
    ...(sums === undefined ? [] : [paint('dim', rule), line(sums)]),
  ]
    .map((text) => `  ${text}`)
    .join('\n');
}
