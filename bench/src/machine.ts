import { cpus, loadavg } from 'node:os';
import type { BenchOptions } from './options.ts';
import type { Circumstances } from './report.ts';

/** Of the machine, what decides the figures. */
function describeMachine(): string {
  const cores = cpus();
  return `${cores.length} × ${cores[0]?.model.trim() ?? 'unknown processor'}, ${process.platform} ${process.arch}`;
}

/** The load average of the last minute: above 0 before a run means that others share the machine. */
export function load(): string {
  return (loadavg()[0] ?? 0).toFixed(1);
}

/** What each report says of its run. @param loadBefore the load before it; the load now is taken as that at its end. */
export function describeRun(options: BenchOptions, loadBefore: string): Circumstances {
  const given = process.argv.slice(2);
  return {
    date: new Date().toISOString().slice(0, 10),
    command: ['npm run bench', ...(given.length > 0 ? ['--', ...given] : [])].join(' '),
    node: process.version,
    machine: describeMachine(),
    loads: [loadBefore, load()],
    options,
  };
}
