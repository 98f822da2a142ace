import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, dirname } from 'node:path';
import type { Runtime } from './runtimes.ts';
import { userEnvironment } from './tarball.ts';

/** A command that npx runs. */
export interface Command {
  /** Of stdout. Rejects when there is none. */
  readonly firstLine: Promise<string>;
  /** When npx has ended, and what it started as well. */
  readonly ended: Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }>;
  /** Sends SIGTERM to npx. */
  terminate(): void;
}

/** Starts `npx`, in a user's project and with this Node, for what is installed there: nothing is fetched. Killed after 30 s. */
export function startCommand(runtime: Runtime, project: string, args: readonly string[]): Command {
  const environment = userEnvironment();
  const path = [dirname(runtime.command[0]), environment['PATH']].join(delimiter);
  const child = spawn('npx', ['--no', '--', ...args], {
    cwd: project,
    env: { ...environment, PATH: path, NPM_CONFIG_UPDATE_NOTIFIER: 'false', NPM_CONFIG_LOGLEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // Not 'exit': the pipes close when the last process that has them ends.
  const ended = once(child, 'close').then(([status]) => ({ status: status as number | null, stdout, stderr }));
  const firstLine = new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (stdout.includes('\n')) resolve(stdout.slice(0, stdout.indexOf('\n')));
    });
    ended.then(() => reject(new Error(`npx printed nothing: ${stderr}`)), reject);
  });
  // Whoever waits for the end only, learns of it there.
  firstLine.catch(() => undefined);
  return { firstLine, ended, terminate: () => void child.kill() };
}
