import { type ClientName, clients } from './clients.ts';
import { type Figure, formatFigure, isMet, worstOf } from './figure.ts';
import type { Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

/** What came of one scenario. */
export interface ScenarioResult {
  readonly scenario: Scenario;
  /** The worst of each figure over all rounds. */
  readonly figures: readonly Figure[];
  readonly rounds: number;
  readonly notes: readonly string[];
  readonly seconds: number;
  /** True when every figure of every round was within its goal. */
  readonly met: boolean;
}

/** In the short form, which runs beside other work. The long form takes what it gets. */
export const shortFormTries = 3;

/** How a scenario is run. */
export interface RunOptions {
  readonly client: ClientName;
  readonly long: boolean;
  /** How often. Default 1. */
  readonly rounds?: number;
  /**
   * How often a round may be tried, when nothing but timing keeps it from its goal: on a busy machine a late packet says
   * nothing of the client. Each failed try is a note. Default 1.
   */
  readonly tries?: number;
}

/** Runs one scenario, round by round, and keeps the worst of each figure. */
export async function runScenario(scenario: Scenario, stage: Stage, options: RunOptions): Promise<ScenarioResult> {
  const { client, long, rounds = 1, tries = 1 } = options;
  const startedAt = performance.now();
  const notes = new Map<string, number>();
  const note = (text: string): void => {
    notes.set(text, (notes.get(text) ?? 0) + 1);
  };
  const all: (readonly Figure[])[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (let left = tries - 1; ; left -= 1) {
      const figures = await scenario.run({ stage, createClient: clients[client], clientName: client, long, note });
      const missed = figures.filter((figure) => !isMet(figure));
      if (missed.length === 0 || left <= 0 || missed.some(({ isTiming }) => !isTiming)) {
        all.push(figures);
        break;
      }
      note(`tried again after ${missed.map(formatFigure).join(', ')}`);
    }
  }
  const worst = worstOf(all);
  return {
    scenario,
    figures: worst,
    rounds,
    notes: [...notes].map(([text, count]) => (count > 1 ? `${text} (${count} times)` : text)),
    seconds: (performance.now() - startedAt) / 1000,
    met: worst.every(isMet),
  };
}
