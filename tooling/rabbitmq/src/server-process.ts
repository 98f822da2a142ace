import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { RabbitmqToolingError } from './errors.ts';
import { runProgram } from './run.ts';

/** A program in a process group of its own, whose output goes to a file and which does not keep this process alive. */
export function spawnInGroup(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  logFile: string,
): ChildProcess {
  const log = openSync(logFile, 'a');
  try {
    const child = spawn(file, args, { env, cwd: '/', detached: true, stdio: ['ignore', log, log] });
    // A failure to start leaves the pid undefined, which the caller reads; unheard, it would crash this process.
    child.on('error', () => {});
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/** True until the process has ended and its end was noticed. */
export function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** Resolves when the process has ended; keeps this process alive meanwhile. */
export async function ended(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return;
  child.ref();
  await once(child, 'exit');
}

/** Sends SIGKILL to the whole group of a process that {@link spawnInGroup} started, and waits for its end. */
export async function killGroup(child: ChildProcess): Promise<void> {
  if (isRunning(child) && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  await ended(child);
}

/** Resolves when a process that was sent SIGSTOP has stopped: the signal returns before its threads do. */
export async function standsStill(pid: number): Promise<void> {
  for (;;) {
    const { stdout } = await runProgram('ps', ['-o', 'state=', '-p', String(pid)]);
    if (!/^[RSDI]/.test(stdout.trim())) return;
    await sleep(5);
  }
}

/** True when a broker answers AMQP's protocol header on this port with a frame of its own: it accepts connections. */
function speaksAmqp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const answer = (value: boolean): void => {
      socket.destroy();
      resolve(value);
    };
    socket.setTimeout(2_000, () => answer(false));
    socket.on('error', () => answer(false));
    socket.on('close', () => resolve(false));
    socket.on('connect', () => socket.write('AMQP\x00\x00\x09\x01', 'latin1'));
    socket.once('data', (bytes) => answer(bytes[0] === 1));
  });
}

function lastLines(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').slice(-20).join('\n');
  } catch {
    return '(it wrote nothing)';
  }
}

/**
 * Resolves when the broker accepts connections.
 *
 * @throws {RabbitmqToolingError} ERR_LEVERET_TOOLING_START when it ends before, or is not ready in time.
 */
export async function untilReady(child: ChildProcess, port: number, logFile: string, timeoutMs: number): Promise<void> {
  const startedAt = performance.now();
  while (!(await speaksAmqp(port))) {
    const late = performance.now() - startedAt > timeoutMs;
    if (late || !isRunning(child)) {
      const what = late ? `did not accept connections within ${timeoutMs} ms` : 'ended while it was starting';
      throw new RabbitmqToolingError(
        'ERR_LEVERET_TOOLING_START',
        `RabbitMQ on port ${port} ${what}. Its last lines:\n${lastLines(logFile)}`,
      );
    }
    await sleep(50);
  }
}
