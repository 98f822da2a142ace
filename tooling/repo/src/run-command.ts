import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a command ended. */
export interface CommandResult {
  /** Its exit code; 128 when a signal ended it, 127 when it could not be started. */
  readonly exitCode: number;
  readonly seconds: number;
  /** The end of what it printed, at most `tailLength` characters. */
  readonly tail: string;
}

/** Where and how a command runs. */
export interface CommandOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Ends the command and all that it started: politely, and after ten seconds by force. */
  readonly signal: AbortSignal;
  /** Gets everything the command prints, both streams in one, as it comes. */
  readonly print: (text: string) => void;
}

const tailLength = 65_536;
const graceMs = 10_000;
const drainMs = 2_000;

/**
 * Runs a command with its stdin closed and passes on what it prints. After the returned promise has settled nothing
 * more is printed, even if a process it left behind still holds the pipe. Never rejects.
 */
export async function runCommand(command: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const [file = '', ...args] = command;
  const started = performance.now();
  let tail = '';
  // A process group of its own: a launcher that blocks in a synchronous call cannot pass a signal on to its child.
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-tailLength);
      options.print(text);
    });
  }

  const killGroup = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // ESRCH: the group is gone, which is what was wanted.
    }
  };
  let force: NodeJS.Timeout | undefined;
  const end = (): void => {
    killGroup('SIGTERM');
    force = setTimeout(killGroup, graceMs, 'SIGKILL');
  };
  if (options.signal.aborted) end();
  else options.signal.addEventListener('abort', end, { once: true });

  const closed = once(child, 'close').catch(() => undefined);
  let exitCode: number;
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    exitCode = code ?? 128;
  } catch (error) {
    options.print(`${file} could not be started: ${String(error)}\n`);
    exitCode = 127;
  }
  const drained = new AbortController();
  await Promise.race([closed, sleep(drainMs, undefined, { signal: drained.signal }).catch(() => undefined)]);
  drained.abort();
  child.stdout.destroy();
  child.stderr.destroy();
  clearTimeout(force);
  options.signal.removeEventListener('abort', end);
  return { exitCode, seconds: (performance.now() - started) / 1000, tail };
}
