import { availableParallelism } from 'node:os';

/** One step of the whole check. Every step runs, also after one before it has failed. */
export interface Stage {
  readonly name: string;
  /** What to run, without a package filter. */
  readonly command: readonly string[];
  /** The turbo task behind it. Without one the command is the whole stage, and knows no packages. */
  readonly task?: string;
  /** Where each package that has the task leaves vitest's report, from its own folder. Without one, nothing is counted. */
  readonly report?: string;
  /** What takes longer than this hangs, and is ended. */
  readonly limitMinutes: number;
}

function turbo(task: string, concurrency: number): readonly string[] {
  return [
    'turbo',
    'run',
    task,
    `--concurrency=${concurrency}`,
    // What depends on a failure is not run (its result would mean nothing); all the rest is.
    '--continue=dependencies-successful',
    '--summarize',
  ];
}

const cores = availableParallelism();

/** All stages, in the order in which a person wants to hear of a failure. */
export const stages: readonly Stage[] = [
  { name: 'build', task: 'build', command: turbo('build', cores), limitMinutes: 5 },
  { name: 'lint', command: ['biome', 'ci', '--colors=off', '--error-on-warnings', '.'], limitMinutes: 2 },
  { name: 'typecheck', task: 'typecheck', command: turbo('typecheck', cores), limitMinutes: 5 },
  { name: 'packages', task: 'check:package', command: turbo('check:package', cores), limitMinutes: 5 },
  { name: 'api', task: 'check:api', command: turbo('check:api', cores), limitMinutes: 5 },
  { name: 'unit', task: 'test', report: '.results/test.json', command: turbo('test', cores), limitMinutes: 10 },
  {
    name: 'broker',
    task: 'test:broker',
    report: '.results/broker.json',
    // One package at a time: each starts brokers of its own, and some of them measure time.
    command: turbo('test:broker', 1),
    limitMinutes: 30,
  },
];
