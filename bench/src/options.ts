import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface BenchOptions {
  /** What is measured: client libraries on one broker, or brokers with one client library. */
  readonly subject: 'libraries' | 'broker';
  readonly rounds: number;
  readonly quick: boolean;
  /** Names of contenders and of scenarios; empty: all. */
  readonly only: readonly string[];
  readonly json: string | undefined;
  readonly profile: string | undefined;
  readonly help: boolean;
}

/** Printed by `--help`. */
export const USAGE = `npm run bench -- [broker] [options]

  broker          @leveret/broker beside RabbitMQ, instead of leveret beside other libraries
  --rounds N      interleaved rounds (default 6; with --quick 2)
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
  const [subject = 'libraries', ...rest] = positionals;
  if ((subject !== 'libraries' && subject !== 'broker') || rest.length > 0) {
    throw new Error(`There is no '${positionals.join(' ')}' to measure; see --help.`);
  }
  const rounds = Number(values.rounds ?? (values.quick ? 2 : 6));
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) {
    throw new Error(`--rounds must be a whole number from 1 to 100, got ${values.rounds}.`);
  }
  const only = values.only.split(',').filter((name) => name !== '');
  const { quick, json, profile, help } = values;
  return { subject, rounds, quick, only, json, profile, help };
}
