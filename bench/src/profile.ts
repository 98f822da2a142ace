import { readFileSync, writeFileSync } from 'node:fs';
import { type Profiler, Session } from 'node:inspector/promises';
import { join } from 'node:path';

/** Has the profiler of this process watch `act`, and writes what it saw to the file; without a file it only runs `act`. */
export async function profiled<T>(file: string | undefined, act: () => Promise<T>): Promise<T> {
  if (file === undefined) return act();
  const stop = await startProfile(file);
  try {
    return await act();
  } finally {
    await stop();
  }
}

/** Has the profiler watch this process until the returned function is called, which writes what it saw to the file. */
export async function startProfile(file: string): Promise<() => Promise<void>> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  return async () => {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    writeFileSync(file, JSON.stringify(profile));
  };
}

/** Whose profile: who makes the calls, publishes and consumes; or who answers. */
export type Side = 'client' | 'server';

/** The file for the profile of a measurement. */
export function profileOf(folder: string, scenario: string, contender: string, side: Side): string {
  return join(folder, `${scenario}.${contender}.${side}.cpuprofile`);
}

/** A function, and which part of the busy time of the process it was the one that ran. */
export interface Share {
  readonly name: string;
  readonly share: number;
}

/** Who used the time of a profile, most first; time without work is left out. */
export function sharesOf(file: string): readonly Share[] {
  const { nodes, samples = [], timeDeltas = [] } = JSON.parse(readFileSync(file, 'utf8')) as Profiler.Profile;
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map<string, number>();
  let busy = 0;
  for (const [i, id] of samples.entries()) {
    const name = names.get(id) ?? '(unknown)';
    if (name === '(idle)') continue;
    // A delta is the time that passed before its sample; the sample lasts until the next one.
    const time = timeDeltas[i + 1] ?? 0;
    busy += time;
    times.set(name, (times.get(name) ?? 0) + time);
  }
  return [...times].map(([name, time]) => ({ name, share: time / busy })).sort((a, b) => b.share - a.share);
}

function nameOf({ functionName, url, lineNumber }: Profiler.ProfileNode['callFrame']): string {
  const place = url.replace(/^.*\/(?=(?:node_modules|packages|bench)\/)(?:node_modules\/|packages\/)?/, '');
  const name = functionName === '' ? '(anonymous)' : functionName;
  return place === '' ? name : `${name}, ${place}:${lineNumber + 1}`;
}
