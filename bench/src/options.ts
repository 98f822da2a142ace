import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface BenchOptions {
  readonly rounds: number;
  readonly quick: boolean;
  /** Names of contenders and of scenarios; empty: all. */
  readonly only: readonly string[];
  readonly json: string | undefined;
  readonly profile: string | undefined;
  readonly help: boolean;
}

/** Printed by `--help`. */
export const USAGE = `npm run bench -- [options]

  --rounds N      interleaved rounds (default 6; with --quick 2)
  --quick         shorter measurements: a look, nothing to quote
  --only A,B      only these contenders, only these scenarios, or both
  --json FILE     every sample of every round, as JSON
  --profile DIR   CPU profiles of all client and server processes for Node (figures are then not to be quoted)

LEVERET_RABBITMQ_URL names a broker to use instead of one of our own.`;

/** @throws Error with a sentence for whoever typed it. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      json: { type: 'string' },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 2 : 6));
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) {
    throw new Error(`--rounds must be a whole number from 1 to 100, got ${values.rounds}.`);
  }
  const only = values.only.split(',').filter((name) => name !== '');
  return { rounds, quick: values.quick, only, json: values.json, profile: values.profile, help: values.help };
}
