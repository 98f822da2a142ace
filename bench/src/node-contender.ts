import { setTimeout as sleep } from 'node:timers/promises';
import type { Adapter, Place } from './adapter.ts';
import type { Contender, Session } from './contender.ts';
import { type PeerProcess, startPeerProcess } from './peer-process.ts';

const START_LIMIT_MS = 20_000;
const CLOSE_LIMIT_MS = 10_000;
// Beyond the time a measurement was given: for what is under way when it is up.
const SLACK_MS = 20_000;
const GAP_MS = 3_000;
const CUT_AFTER_MS = 1_000;

/** A library for Node: one process that calls, publishes and consumes; one that serves, where the library makes calls. */
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
      const client = startPeerProcess(key);
      const session = oneWaySession(adapter, client, place);
      if (adapter.startServer === undefined) return session;
      const server = startPeerProcess(key, serverExecArgv);
      const both: Session = {
        ...session,
        ...callSession(adapter, client, server, place),
        stop: async () => {
          await Promise.all([end(client), end(server)]);
        },
      };
      try {
        await server.ask({ do: 'serve', place }, START_LIMIT_MS);
        await client.ask({ do: 'connect', place }, START_LIMIT_MS);
        return both;
      } catch (error) {
        await both.stop();
        throw error;
      }
    },
  };
}

function oneWaySession(adapter: Adapter, client: PeerProcess, place: Place): Session {
  const session: Session = { stop: () => end(client) };
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
}

function callSession(
  adapter: Adapter,
  client: PeerProcess,
  server: PeerProcess,
  place: Place,
): Pick<Session, 'calls' | 'setUp' | 'gap'> {
  const session: Pick<Session, 'calls' | 'setUp' | 'gap'> = {
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
  };
  if (adapter.recovers) {
    session.gap = async (cut) => {
      const measured = client.ask({ do: 'gap', durationMs: GAP_MS }, GAP_MS + SLACK_MS);
      await Promise.all([measured, sleep(CUT_AFTER_MS).then(cut)]);
      return measured;
    };
  }
  return session;
}

/** Politely first, so that queues go with their owners; a library that does not answer is killed all the same. */
async function end(peer: PeerProcess): Promise<void> {
  await peer.ask({ do: 'close' }, CLOSE_LIMIT_MS).catch(() => undefined);
  await peer.end();
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
