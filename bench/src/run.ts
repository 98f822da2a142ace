import { uniqueName } from '@leveret/tooling-rabbitmq';
import type { Broker } from './broker.ts';
import type { Contender, Figures, Session } from './contender.ts';
import { OURS } from './contenders.ts';
import { profileOf, type Side } from './profile.ts';
import type { Ground, Pace, Scenario } from './scenarios.ts';

/** What one measurement found. */
export interface Sample {
  readonly round: number;
  readonly contender: string;
  readonly scenario: string;
  readonly figures: Figures;
}

/** What could not be measured, and why. */
export interface Failure {
  readonly round: number;
  readonly contender: string;
  readonly scenario: string;
  readonly error: string;
}

/** Everything a run found. */
export interface Findings {
  readonly samples: readonly Sample[];
  readonly failures: readonly Failure[];
}

/** What to run. */
export interface Plan {
  readonly broker: Broker;
  readonly contenders: readonly Contender[];
  readonly scenarios: readonly Scenario[];
  readonly rounds: number;
  readonly pace: Pace;
  /** Hears of each measurement before it starts. */
  progress(line: string): void;
  /** Ends the run early: no further measurement is begun. */
  readonly signal: AbortSignal;
  /** Where to put CPU profiles of clients and servers; undefined: none are taken. */
  readonly profiles: string | undefined;
}

/**
 * Round by round, and in a round scenario by scenario, everyone right after one another: what drifts on the machine in a
 * minute falls on all of them alike. Each round starts with another one of them. All processes live through the whole
 * run, as they do where they are used: code that was just started is not yet compiled, and ours is more than the base's.
 */
export async function run(plan: Plan): Promise<Findings> {
  const samples: Sample[] = [];
  const failures: Failure[] = [];
  const entrants: Entrant[] = [];
  try {
    for (const contender of plan.contenders) {
      if (!plan.scenarios.some((scenario) => takesPart(contender, scenario)) || plan.signal.aborted) continue;
      plan.progress(`start: ${contender.name}`);
      try {
        entrants.push(await enter(plan, contender));
      } catch (error) {
        failures.push({ round: 0, contender: contender.name, scenario: 'start', error: String(error) });
      }
    }
    for (let round = 1; round <= plan.rounds; round += 1) {
      await runRound(plan, round, rotated(entrants, round), samples, failures);
    }
  } finally {
    await Promise.all(entrants.map(({ session }) => session.stop()));
  }
  return { samples, failures };
}

interface Entrant {
  readonly contender: Contender;
  readonly session: Session;
  readonly ground: Ground;
}

async function runRound(
  plan: Plan,
  round: number,
  entrants: readonly Entrant[],
  samples: Sample[],
  failures: Failure[],
): Promise<void> {
  for (const scenario of plan.scenarios) {
    for (const { contender, session, ground } of entrants) {
      if (!takesPart(contender, scenario)) continue;
      if (plan.signal.aborted) return;
      const where = { round, contender: contender.name, scenario: scenario.name };
      plan.progress(`round ${round} of ${plan.rounds}: ${scenario.name}, ${contender.name}`);
      try {
        // Of the last round: what runs then has long been compiled.
        const folder = round === plan.rounds ? plan.profiles : undefined;
        const fileOf = (side: Side): string | undefined =>
          folder === undefined ? undefined : profileOf(folder, scenario.name, contender.name, side);
        const profiles = { profile: fileOf('client'), serverProfile: fileOf('server') };
        const figures = await scenario.run(session, { ...ground, ...profiles });
        if (figures !== undefined) samples.push({ ...where, figures });
      } catch (error) {
        failures.push({ ...where, error: String(error) });
      }
    }
  }
}

async function enter({ broker, pace, scenarios }: Plan, contender: Contender): Promise<Entrant> {
  const place = await broker.place();
  const ground = { broker, ...place, pace, profile: undefined, serverProfile: undefined };
  const session = await contender.start({ url: place.url, name: uniqueName('bench') });
  try {
    const warmUps = scenarios.filter((scenario) => takesPart(contender, scenario)).map(({ warmUp }) => warmUp);
    for (const warmUp of new Set(warmUps)) await warmUp(session, ground);
  } catch (error) {
    await session.stop();
    throw error;
  }
  return { contender, session, ground };
}

function takesPart({ name }: Contender, scenario: Scenario): boolean {
  if (scenario.with === 'as-shipped') return name === OURS || name.endsWith('-as-shipped');
  return !name.endsWith('-as-shipped');
}

function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const from = by % items.length;
  return [...items.slice(from), ...items.slice(0, from)];
}
