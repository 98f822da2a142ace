import type { Verdict } from './judge.ts';

/** A runtime, in the version that ran. */
export interface Column {
  readonly name: string;
  readonly version: string;
}

/** A line for each runtime, a column for each leaf. */
export function formatTable(
  columns: readonly Column[],
  leaves: readonly string[],
  verdicts: readonly Verdict[],
): string {
  const rows = columns.map(({ name, version }) => {
    const cells = leaves.map((leaf) => {
      const found = verdicts.find((verdict) => verdict.runtime === name && verdict.leaf === leaf);
      return found === undefined ? 'not run' : formatCell(found);
    });
    return `| ${name} ${version} | ${cells.join(' | ')} |`;
  });
  return [`| | ${leaves.join(' | ')} |`, `|---|${leaves.map(() => '---|').join('')}`, ...rows].join('\n');
}

function formatCell({ passed, failures, leftOut }: Verdict): string {
  const files = leftOut.filter(({ test }) => test === undefined).length;
  const tests = leftOut.length - files;
  const left = [...(tests > 0 ? [count(tests, 'test')] : []), ...(files > 0 ? [count(files, 'file')] : [])];
  return `${passed} passed, ${failures.length} failed${left.length > 0 ? `, left out: ${left.join(' and ')}` : ''}`;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}

/** What is left out and why, a line for each file and reason. */
export function formatLeftOut(verdicts: readonly Verdict[]): string {
  const rows = verdicts.flatMap(({ runtime, leaf, leftOut }) => {
    const groups = new Map<string, number>();
    for (const { file, test, reason } of leftOut) {
      const start = `| ${runtime} | ${leaf}/${file} |`;
      const key = `${start}${test === undefined ? ' the whole file' : ''}\n${reason}`;
      groups.set(key, (groups.get(key) ?? 0) + 1);
    }
    return [...groups].map(([key, number]) => {
      const [start = '', reason = ''] = key.split('\n');
      return `${start.endsWith('|') ? `${start} ${count(number, 'test')}` : start} | ${reason} |`;
    });
  });
  return ['| on | of | left out | because |', '|---|---|---|---|', ...rows].join('\n');
}
