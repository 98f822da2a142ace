import { formatFigure, isMet } from './figure.ts';
import type { ScenarioResult } from './run-scenario.ts';

/** The results as a Markdown table: the fault, its goal, what was measured, and whether that is good enough. */
export function formatTable(results: readonly ScenarioResult[]): string {
  const rows = results.map(({ scenario, figures, met }) => {
    const measured = figures.map((figure) => (isMet(figure) ? formatFigure(figure) : `**${formatFigure(figure)}**`));
    return `| ${scenario.title} | ${scenario.goal} | ${measured.join(', ')} | ${met ? 'yes' : '**no**'} |`;
  });
  const notes = results.flatMap(({ scenario, notes: texts }) => texts.map((text) => `- ${scenario.title}: ${text}`));
  const table = ['| fault under load | goal | measured | met |', '|---|---|---|---|', ...rows].join('\n');
  return notes.length === 0 ? table : `${table}\n\n${notes.join('\n')}`;
}
