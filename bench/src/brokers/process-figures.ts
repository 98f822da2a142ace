import { readFileSync } from 'node:fs';

// USER_HZ is 100 on every Linux that Node runs on.
const TICK_US = 10_000;

/** CPU time of a process so far, in microseconds and in steps of 10 ms; NaN where there is no /proc. */
export function cpuUsOf(pid: number): number {
  try {
    // The name, in brackets, may hold spaces; utime and stime are the 12th and 13th field after it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * TICK_US;
  } catch {
    return Number.NaN;
  }
}

/** Resident memory of a process in MB; NaN where there is no /proc. */
export function residentMbOf(pid: number): number {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes) / 1024;
  } catch {
    return Number.NaN;
  }
}
