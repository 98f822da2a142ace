import { setTimeout as sleep } from 'node:timers/promises';
import type { Adapter } from './adapter.ts';
import type { Contender, Session } from './contender.ts';
import { type PeerProcess, startPeerProcess } from './peer-process.ts';

const START_LIMIT_MS = 20_000;
const CLOSE_LIMIT_MS = 10_000;
// Beyond the time a measurement was given: for what is under way when it is up.
const SLACK_MS = 20_000;
const GAP_MS = 3_000;
const CUT_AFTER_MS = 1_000;

/** A library for Node: one process that serves, one that calls. */
export function nodeContender(
  name: string,
  adapter: Adapter,
  { key = name, noDelay = true, serverExecArgv = [] }: NodeContenderOptions = {},
): Contender {
  return {
    name,
    label: noDelay ? adapter.label : `${adapter.label}, as shipped`,
    note: noDelay ? adapter.note : 'the same without noDelay, as it ships',
    async start(where) {
      const place = { ...where, noDelay };
      const server = startPeerProcess(key, serverExecArgv);
      const client = startPeerProcess(key);
      const end = async (): Promise<void> => {
        await Promise.all([client.end(), server.end()]);
      };
      try {
        await server.ask({ do: 'serve', place }, START_LIMIT_MS);
        await client.ask({ do: 'connect', place }, START_LIMIT_MS);
      } catch (error) {
        await end();
        throw error;
      }
      const session: Session = {
        calls: async (load) => {
          const warmUpMs = load.durationMs / 3;
          const limitMs = load.durationMs + warmUpMs + SLACK_MS;
          await client.ask({ do: 'calls', load: { ...load, durationMs: warmUpMs, profile: undefined } }, limitMs);
          const before = await cpuOf(server);
          const figures = await client.ask({ do: 'calls', load }, limitMs);
          const serverCpuUs = ((await cpuOf(server)) - before) / (figures['done'] ?? Number.NaN);
          return { ...figures, serverCpuUs };
        },
        setUp: (times) => client.ask({ do: 'set-up', place, times }, SLACK_MS),
        stop: async () => {
          // Politely first, so that queues go with their owners; a library that does not answer is killed all the same.
          await Promise.allSettled([client, server].map((peer) => peer.ask({ do: 'close' }, CLOSE_LIMIT_MS)));
          await end();
        },
      };
      if (adapter.recovers) {
        session.gap = async (cut) => {
          const measured = client.ask({ do: 'gap', durationMs: GAP_MS }, GAP_MS + SLACK_MS);
          await Promise.all([measured, sleep(CUT_AFTER_MS).then(cut)]);
          return measured;
        };
      }
      if (adapter.startPublisher !== undefined) {
        session.publishes = (queue, load) => {
          const warmUpMs = load.durationMs / 3;
          const limitMs = load.durationMs + warmUpMs + SLACK_MS;
          return client.ask({ do: 'publish', place: { ...place, name: queue }, load, warmUpMs }, limitMs);
        };
      }
      if (adapter.startConsumer !== undefined) {
        session.deliveries = (queue, stock) => {
          const command = { do: 'consume', place: { ...place, name: queue }, stock } as const;
          return client.ask(command, stock.durationMs + SLACK_MS);
        };
      }
      return session;
    },
  };
}

/** How a library is run. */
export interface NodeContenderOptions {
  /** The adapter's name for the child process. Default: the contender's. */
  readonly key?: string;
  readonly noDelay?: boolean;
  /** Options of Node for its server process, such as `--cpu-prof`. */
  readonly serverExecArgv?: readonly string[];
}

async function cpuOf(peer: PeerProcess): Promise<number> {
  return (await peer.ask({ do: 'cpu' }, SLACK_MS))['cpuUs'] ?? Number.NaN;
}
