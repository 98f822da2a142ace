import { afterAll, describe, expect, it } from 'vitest';
import { formatFigure, isMet } from '../../src/figure.ts';
import { runScenario, type ScenarioResult, shortFormTries } from '../../src/run-scenario.ts';
import { scenarios } from '../../src/scenarios/index.ts';
import { openStage } from '../../src/stage.ts';
import { formatTable } from '../../src/table.ts';

const stage = openStage();
const results: ScenarioResult[] = [];

afterAll(async () => {
  process.stdout.write(`\n${formatTable(results)}\n\n`);
  await stage[Symbol.asyncDispose]();
});

describe('leveret under faults', () => {
  it.each(scenarios.map((scenario) => ({ ...scenario, scenario })))('$title: $goal', async ({ scenario }) => {
    const result = await runScenario(scenario, stage, { client: 'leveret', long: false, tries: shortFormTries });
    results.push(result);
    const missed = result.figures.filter((figure) => !isMet(figure)).map(formatFigure);
    expect([...missed, ...(missed.length > 0 ? result.notes : [])]).toEqual([]);
  });
});
