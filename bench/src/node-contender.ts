import { setTimeout as sleep } from 'node:timers/promises';
import type { Adapter, Place } from './adapter.ts';
import type { Contender, Figures, Session } from './contender.ts';
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
  { key = name, noDelay = true }: NodeContenderOptions = {},
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
      const server = startPeerProcess(key);
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
      const measured = (): Promise<Figures> => client.ask({ do: 'calls', load }, limitMs);
      return profiledBy(server, load.serverProfile, () => useOf(server, measured));
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
}

/** What the process uses while `act` runs, for each of what that has done. */
async function useOf(peer: PeerProcess, act: () => Promise<Figures>): Promise<Figures> {
  const before = await peer.ask({ do: 'use' }, SLACK_MS);
  const figures = await act();
  const after = await peer.ask({ do: 'use' }, SLACK_MS);
  const each = (name: string): number =>
    ((after[name] ?? Number.NaN) - (before[name] ?? Number.NaN)) / (figures['done'] ?? Number.NaN);
  return { ...figures, serverCpuUs: each('cpuUs'), serverWrites: each('writes') };
}

async function profiledBy(peer: PeerProcess, file: string | undefined, act: () => Promise<Figures>): Promise<Figures> {
  if (file === undefined) return act();
  await peer.ask({ do: 'start-profile', file }, SLACK_MS);
  try {
    return await act();
  } finally {
    await peer.ask({ do: 'stop-profile' }, SLACK_MS);
  }
}
