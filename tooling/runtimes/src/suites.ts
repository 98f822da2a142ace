import { join } from 'node:path';
import { repositoryRoot } from './folders.ts';

/** Tests that run on every runtime. */
export interface Suite {
  /** As the command line takes it. */
  readonly name: string;
  /** The published package that is tested, by its folder; of `packed` all of them. */
  readonly package: string;
  /** As a table calls it, after the package. Default: it is all there is of that. */
  readonly part?: string;
  /** Which of the package's vitest projects. Default: it has none. */
  readonly projects?: readonly string[];
  /** Files that are left to Node.js, with patterns from the package's folder. */
  readonly exclude?: readonly string[];
  /** The tests run on the Node of the tools, and start the runtime for a user's programs. */
  readonly outside?: true;
  /** It talks to the RabbitMQ that all runs share, or starts its own. */
  readonly rabbitmq?: true;
  /** It imports other packages of ours, which have to be built. */
  readonly built?: true;
  /** A browser can run it. */
  readonly browser?: true;
}

/** All of them, in the order of the table. */
export const suites: readonly Suite[] = [
  { name: 'url', package: 'url', browser: true },
  { name: 'retry', package: 'retry', browser: true },
  { name: 'heartbeat', package: 'heartbeat', browser: true },
  { name: 'broker', package: 'broker', projects: ['unit'] },
  {
    name: 'transport-embedded',
    package: 'transport',
    part: 'and the embedded broker',
    projects: ['unit', 'embedded'],
    built: true,
  },
  {
    name: 'transport-rabbitmq',
    package: 'transport',
    part: 'on RabbitMQ',
    projects: ['broker'],
    rabbitmq: true,
    built: true,
  },
  {
    name: 'rpc-embedded',
    package: 'rpc',
    part: 'and the embedded broker',
    projects: ['unit', 'embedded'],
    built: true,
  },
  {
    name: 'rpc-rabbitmq',
    package: 'rpc',
    part: 'on RabbitMQ',
    projects: ['broker'],
    // Minutes of load, and three brokers each: what they try is no matter of the runtime.
    exclude: ['test/soak.test.ts', 'test/cluster.test.ts'],
    rabbitmq: true,
    built: true,
  },
  { name: 'packed', package: 'packed', outside: true, built: true },
];

/** The folder that a suite's vitest runs in. */
export function suiteFolder(suite: Suite): string {
  return join(repositoryRoot, suite.outside ? 'tooling/repo' : join('packages', suite.package));
}
