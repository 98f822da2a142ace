import type { Broker } from './broker.ts';
import type { Figures, Session } from './contender.ts';
import { oneWayScenarios } from './one-way.ts';

/** How long things take: a full run, or a quick look. */
export interface Pace {
  readonly durationMs: number;
  readonly warmUpMs: number;
  readonly setUps: number;
}

/** Where a measurement takes place. */
export interface Ground {
  readonly broker: Broker;
  /** The virtual host of this contender: no other's connections are cut with its own. */
  readonly virtualHost: string | undefined;
  readonly url: string;
  readonly pace: Pace;
  /** Where the client's CPU profile of the measurement goes; undefined: none is taken. */
  readonly profile: string | undefined;
  /** The same of the server. */
  readonly serverProfile: string | undefined;
}

/** One thing to measure. */
export interface Scenario {
  /** What `--only` calls it. */
  readonly name: string;
  readonly title: string;
  /** Who takes part: everyone with noDelay, or ours and the others as they ship. */
  readonly with: 'no-delay' | 'as-shipped';
  /** Has the processes compiled what they run most; once for all scenarios that share it, before anything is measured. */
  warmUp(session: Session, ground: Ground): Promise<unknown>;
  /** Undefined: this contender cannot do it, or this broker. */
  run(session: Session, ground: Ground): Promise<Figures | undefined>;
}

async function warmUpCalls({ calls }: Session, { pace }: Ground): Promise<void> {
  await calls?.({ concurrency: 100, size: 100, durationMs: pace.warmUpMs });
}

/** Payloads of calls; what the names of their scenarios end in. */
export const PAYLOADS = [
  { size: 100, title: '100 bytes', suffix: '' },
  { size: 1_024, title: '1 kB', suffix: '-1k' },
  { size: 65_536, title: '64 kB', suffix: '-64k' },
] as const;

const CONCURRENCIES = [1, 10, 100, 1_000];

function calls(concurrency: number, { size, suffix }: (typeof PAYLOADS)[number], shipped = false): Scenario {
  return {
    name: `${shipped ? 'shipped-' : ''}calls-${concurrency}${suffix}`,
    title: `c = ${concurrency}`,
    with: shipped ? 'as-shipped' : 'no-delay',
    warmUp: warmUpCalls,
    run: async (session, { pace, profile, serverProfile }) =>
      session.calls?.({ concurrency, size, durationMs: pace.durationMs, profile, serverProfile }),
  };
}

/** In the order in which a round takes them: what cuts connections comes last. */
export const scenarios: readonly Scenario[] = [
  ...PAYLOADS.flatMap((payload) => CONCURRENCIES.map((concurrency) => calls(concurrency, payload))),
  calls(1, PAYLOADS[0], true),
  calls(10, PAYLOADS[0], true),
  ...oneWayScenarios,
  {
    name: 'set-up',
    title: 'set-up to first reply',
    with: 'no-delay',
    warmUp: warmUpCalls,
    run: async ({ setUp }, { pace }) => setUp?.(pace.setUps),
  },
  {
    name: 'gap',
    title: 'gap after a forced close',
    with: 'no-delay',
    warmUp: warmUpCalls,
    run: async ({ gap }, { broker, virtualHost }) => {
      if (virtualHost === undefined) return undefined;
      return gap?.(() => broker.closeConnections(virtualHost));
    },
  },
];
