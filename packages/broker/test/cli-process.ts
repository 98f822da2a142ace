import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** The command line as npm would run it: the built one. */
const program: string = join(import.meta.dirname, '../dist/main.js');

/** How a process ended, and what it wrote. */
export interface Ended {
  /** A number, or the signal that ended it. */
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `--json` prints. */
export interface Printed {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly pid: number;
}

/** The command line, running. */
export interface CliProcess extends AsyncDisposable {
  /** The line of `--json`. Rejects with what it complained of if it ends before. */
  readonly printed: Promise<Printed>;
  readonly ended: Promise<Ended>;
  signal(name: NodeJS.Signals): void;
  /** Reads no more of what it prints, as `head -1` does. */
  stopReading(): void;
}

/** Starts `leveret-broker` with these arguments, and nobody's environment variables of ours. */
export function startCli(args: readonly string[], environment: NodeJS.ProcessEnv = {}): CliProcess {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...environment },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(
    ([code, signal]): Ended => ({ status: (code as number | null) ?? String(signal), stdout, stderr }),
  );
  const printed = Promise.race([
    once(child.stdout, 'data').then(() => JSON.parse(stdout) as Printed),
    ended.then(({ status }) => Promise.reject(new Error(`It ended with ${status}: ${stderr}`))),
  ]);
  // Who does not ask for it, looks at the end.
  printed.catch(() => undefined);
  return {
    printed,
    ended,
    signal: (name) => void child.kill(name),
    stopReading: () => {
      child.stdout.destroy();
      child.stderr.destroy();
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
