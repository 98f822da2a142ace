import { existsSync } from 'node:fs';
import type { Contender } from './contender.ts';
import { profileOf, type Side, sharesOf } from './profile.ts';
import type { Scenario } from './scenarios.ts';
import { number, type Results, table } from './tables.ts';

const MOST_FUNCTIONS = 30;
const SIDES: readonly Side[] = ['client', 'server'];

/** Where the time of each client and server goes, function by function: its part of the busy time, and of the CPU time for a message. */
export function renderProfiles(
  results: Results,
  folder: string,
  contenders: readonly Contender[],
  scenarios: readonly Scenario[],
): string {
  const tables = scenarios.flatMap((scenario) =>
    contenders.flatMap(({ name, label }) =>
      SIDES.map((side) => {
        const file = profileOf(folder, scenario.name, name, side);
        if (!existsSync(file)) return '';
        const cpuUs = results.median(name, scenario.name, `${side}CpuUs`);
        return table(
          `Where the time of the ${side} goes: ${scenario.name}, ${label}`,
          ['function', '%', 'µs a message'],
          sharesOf(file)
            .slice(0, MOST_FUNCTIONS)
            .map((one) => [one.name, number(one.share * 100, 1), number(one.share * cpuUs, 2)]),
        );
      }),
    ),
  );
  return tables.join('');
}
