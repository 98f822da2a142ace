import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { platform } from 'node:process';
import { fileURLToPath } from 'node:url';

/** How a run of the demo ended. */
export interface DemoRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A demo that runs. */
export interface RunningDemo {
  readonly child: ChildProcess;
  readonly ended: Promise<DemoRun>;
  /** What it wrote to stdout so far. */
  output(): string;
  /** Resolves when stdout has this text. */
  printed(text: string): Promise<void>;
}

/** Starts the demo as a process of its own, without a terminal. */
export function startDemo(...args: readonly string[]): RunningDemo {
  const { LEVERET_RABBITMQ_URL: _url, ...env } = process.env;
  const file = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const child = spawn(process.execPath, [file, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([status]) => ({ status: status as number | null, stdout, stderr }));
  return {
    child,
    ended,
    output: () => stdout,
    printed: async (text) => {
      while (!stdout.includes(text)) {
        if (child.exitCode !== null)
          throw new Error(`The demo ended before it printed '${text}':\n${stdout}\n${stderr}`);
        await Promise.race([once(child.stdout, 'data'), ended]);
      }
    },
  };
}

/** Runs the demo to its end. */
export function runDemo(...args: readonly string[]): Promise<DemoRun> {
  return startDemo(...args).ended;
}

/** The process and everything that it started, and what those started. */
export function descendants(pid: number): number[] {
  const rows = parents();
  const found = [pid];
  for (const parent of found) {
    for (const [child, ppid] of rows) if (ppid === parent) found.push(child);
  }
  return found;
}

/** Each process and its parent. */
function parents(): [pid: number, ppid: number][] {
  if (platform !== 'linux') {
    const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
    return rows.map((row) => row.trim().split(/\s+/).map(Number) as [number, number]);
  }
  // A slim Linux has no ps.
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const ppid = /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1];
        return [[Number(name), Number(ppid)] as [number, number]];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}

/** Those of the processes that are still there. */
export function alive(pids: readonly number[]): number[] {
  return pids.filter((pid) => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  });
}
