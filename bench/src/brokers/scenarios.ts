import { leveret } from '../adapters/leveret.ts';
import type { Figures, Session } from '../contender.ts';
import { measure } from '../measure.ts';
import { nodeContender } from '../node-contender.ts';
import type { BenchClient } from './client.ts';
import { cpuUsOf } from './process-figures.ts';

/** A broker, and the clients that are connected to it. */
export interface Ground {
  readonly pid: number;
  readonly client: BenchClient;
  /** Client and server of @leveret/rpc, in processes of their own. */
  readonly rpc: Session;
}

/** One thing to measure. */
export interface BrokerScenario {
  /** What `--only` calls it. */
  readonly name: string;
  readonly title: string;
  readonly group: 'publish' | 'deliver' | 'rpc';
  run(ground: Ground, durationMs: number): Promise<Figures>;
}

/** Who calls. */
export const rpcPair: ReturnType<typeof nodeContender> = nodeContender('leveret', leveret);

// 200 MB: both brokers keep that in memory, and neither begins to block its publishers.
const MOST_BYTES_KEPT = 200_000_000;
const WINDOWS = [1, 10, 100, 1_000];
const SIZES = [
  { size: 100, suffix: '', title: '' },
  { size: 65_536, suffix: '-64k', title: '64 kB, ' },
];

function oneWay(group: 'publish' | 'deliver', window: number, size: (typeof SIZES)[number]): BrokerScenario {
  const body = Buffer.alloc(size.size, 'x');
  return {
    name: `${group}-${window}${size.suffix}`,
    title: `${size.title}window ${window.toLocaleString('en-US')}`,
    group,
    run: async ({ pid, client }, durationMs) => {
      const most = group === 'publish' ? Math.floor(MOST_BYTES_KEPT / size.size) : Number.POSITIVE_INFINITY;
      const load = { concurrency: window, size: size.size, most };
      const operation = (): Promise<void> => client[group](body);
      await measure({ ...load, durationMs: durationMs / 3, most: most / 3 }, operation);
      await client.purge();
      const before = cpuUsOf(pid);
      const figures = await measure({ ...load, durationMs }, operation);
      const brokerCpuUs = (cpuUsOf(pid) - before) / (figures['done'] ?? Number.NaN);
      await client.purge();
      return { ...figures, brokerCpuUs };
    },
  };
}

function rpc(concurrency: number): BrokerScenario {
  return {
    name: `rpc-${concurrency}`,
    title: `c = ${concurrency}`,
    group: 'rpc',
    run: async (ground, durationMs) => {
      const figures = await ground.rpc.calls?.({ concurrency, size: 100, durationMs });
      if (figures === undefined) throw new Error('There were no calls.');
      return figures;
    },
  };
}

/** In the order in which a round takes them. */
export const brokerScenarios: readonly BrokerScenario[] = [
  ...(['publish', 'deliver'] as const).flatMap((group) =>
    SIZES.flatMap((size) => WINDOWS.map((window) => oneWay(group, window, size))),
  ),
  ...[1, 10, 100].map(rpc),
];
