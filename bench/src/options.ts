import { parseArgs } from 'node:util';

const subjects = ['libraries', 'broker', 'imports'] as const;
type Subject = (typeof subjects)[number];

/** What the command line asks for. */
export interface BenchOptions {
  /** What is measured: client libraries on one broker, brokers with one client library, or what loading them costs. */
  readonly subject: Subject;
  readonly rounds: number;
  readonly quick: boolean;
  /** Names of contenders and of scenarios; empty: all. */
  readonly only: readonly string[];
  readonly json: string | undefined;
  readonly profile: string | undefined;
  readonly help: boolean;
}

/** Printed by `--help`. */
export const USAGE = `npm run bench -- [broker | imports] [options]

  broker          @leveret/broker beside RabbitMQ, instead of leveret beside other libraries
  imports         what it costs to load leveret and other libraries
  --rounds N      interleaved rounds (default 6; with --quick 2; of imports 40 and 5)
  --quick         shorter measurements: a look, nothing to quote
  --only A,B      only these contenders, only these scenarios, or both
  --json FILE     every sample of every round, as JSON
  --profile DIR   CPU profiles: of each client and server in each scenario of the last round, with tables of where
                  their time goes; or of the embedded broker (figures are then not to be quoted)

LEVERET_RABBITMQ_URL names a broker to use instead of one of our own; not with 'broker', which always starts one.`;

/** @throws Error with a sentence for whoever typed it. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      json: { type: 'string' },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const [asked = 'libraries', ...rest] = positionals;
  const subject = subjects.find((each) => each === asked);
  if (subject === undefined || rest.length > 0) {
    throw new Error(`There is no '${positionals.join(' ')}' to measure; see --help.`);
  }
  const rounds = Number(values.rounds ?? defaultRounds(subject, values.quick));
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) {
    throw new Error(`--rounds must be a whole number from 1 to 100, got ${values.rounds}.`);
  }
  const only = values.only.split(',').filter((name) => name !== '');
  const { quick, json, profile, help } = values;
  return { subject, rounds, quick, only, json, profile, help };
}

function defaultRounds(subject: Subject, quick: boolean): number {
  if (subject === 'imports') return quick ? 5 : 40;
  return quick ? 2 : 6;
}
