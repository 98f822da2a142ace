import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startBroker } from '@leveret/broker';
import { median } from '../statistics.ts';
import type { SubjectKind } from './subject.ts';

/** Medians, in milliseconds. */
export interface StartUp {
  /** In a fresh process: loading the package, and the first startBroker(). */
  readonly importMs: number;
  readonly firstMs: number;
  /** startBroker() in a process that has started some before, as between tests. */
  readonly againMs: number;
  /** By the name of the kind: from nothing until its process can be dialled. */
  readonly processes: ReadonlyMap<string, number>;
  readonly times: { readonly fresh: number; readonly again: number; readonly processes: ReadonlyMap<string, number> };
}

/** How often things are started. */
export interface StartUpPlan {
  readonly kinds: readonly SubjectKind[];
  readonly times: number;
  /** RabbitMQ takes seconds. */
  readonly timesSlow: number;
  progress(line: string): void;
}

interface Fresh {
  readonly importMs: number;
  readonly startMs: number;
}

const SLOW_MS = 2_000;
const AGAIN_TIMES = 100;

/** Starts brokers, again and again. */
export async function measureStartUp({ kinds, times, timesSlow, progress }: StartUpPlan): Promise<StartUp> {
  progress('start-up: in a fresh process');
  const fresh: Fresh[] = [];
  for (let i = 0; i < times; i += 1) fresh.push(await startInFreshProcess());
  progress('start-up: again in one process');
  const again: number[] = [];
  for (let i = 0; i < AGAIN_TIMES; i += 1) {
    const startedAt = performance.now();
    const broker = await startBroker();
    again.push(performance.now() - startedAt);
    await broker.close();
  }
  const processes = new Map<string, number>();
  const counts = new Map<string, number>();
  for (const kind of kinds) {
    progress(`start-up: ${kind.name}`);
    const lengths: number[] = [];
    while (lengths.length < ((lengths[0] ?? 0) > SLOW_MS ? timesSlow : times)) {
      await using subject = await kind.start([]);
      lengths.push(subject.startMs);
    }
    processes.set(kind.name, median(lengths));
    counts.set(kind.name, lengths.length);
  }
  return {
    importMs: median(fresh.map(({ importMs }) => importMs)),
    firstMs: median(fresh.map(({ startMs }) => startMs)),
    againMs: median(again),
    processes,
    times: { fresh: times, again: AGAIN_TIMES, processes: counts },
  };
}

async function startInFreshProcess(): Promise<Fresh> {
  const child = fork(fileURLToPath(new URL('./start-up-main.ts', import.meta.url)), { execArgv: [] });
  const ended = once(child, 'exit');
  const [figures] = await Promise.race([
    once(child, 'message'),
    ended.then(() => Promise.reject(new Error('A process that was to start a broker ended early.'))),
  ]);
  await ended;
  return figures as Fresh;
}
