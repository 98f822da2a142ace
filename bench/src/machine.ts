import { cpus, loadavg } from 'node:os';

/** Of the machine, what decides the figures. */
export function describeMachine(): string {
  const cores = cpus();
  return `${cores.length} × ${cores[0]?.model.trim() ?? 'unknown processor'}, ${process.platform} ${process.arch}`;
}

/** The load average of the last minute: above 0 before a run means that others share the machine. */
export function load(): string {
  return (loadavg()[0] ?? 0).toFixed(1);
}
