import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startRabbitmq } from '@leveret/tooling-rabbitmq';

/** A broker in a process of its own. */
export interface Subject extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** How long it took from nothing until it could be dialled. */
  readonly startMs: number;
}

/** One of those that are compared. */
export interface SubjectKind {
  /** What `--only` calls it. */
  readonly name: string;
  readonly label: string;
  readonly note: string;
  start(execArgv: readonly string[]): Promise<Subject>;
}

/** Ours. */
export const EMBEDDED = 'embedded';
/** What ratios are relative to. */
export const RABBITMQ = 'rabbitmq';

const END_LIMIT_MS = 5_000;

/** The file that `npx @leveret/broker` runs. */
const commandLine: string = fileURLToPath(new URL('./main.js', import.meta.resolve('@leveret/broker')));

async function startEmbedded(execArgv: readonly string[]): Promise<Subject> {
  const startedAt = performance.now();
  const args = [...execArgv, commandLine, '--port', '0', '--json'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  // It is told to end; what is left when the bench is killed, the guardian of no other process would end.
  const onExit = (): void => void child.kill('SIGKILL');
  process.once('exit', onExit);
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('@leveret/broker did not start.')));
  const [line] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer];
  ended.catch(() => undefined);
  const startMs = performance.now() - startedAt;
  const { url, pid } = JSON.parse(line.toString()) as { url: string; pid: number };
  return {
    url,
    pid,
    startMs,
    [Symbol.asyncDispose]: async () => {
      process.off('exit', onExit);
      await end(child);
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  const limit = setTimeout(() => child.kill('SIGKILL'), END_LIMIT_MS);
  child.kill('SIGTERM');
  await ended;
  clearTimeout(limit);
}

async function startRabbit(): Promise<Subject> {
  const startedAt = performance.now();
  const broker = await startRabbitmq();
  const startMs = performance.now() - startedAt;
  return { url: broker.url, pid: broker.pid, startMs, [Symbol.asyncDispose]: () => broker.remove() };
}

/** Those that are compared, ours first. */
export const subjectKinds: readonly SubjectKind[] = [
  {
    name: EMBEDDED,
    label: '@leveret/broker',
    note: `the command line in a process of its own, Node ${process.version}, options as they are by default`,
    start: startEmbedded,
  },
  {
    name: RABBITMQ,
    label: 'RabbitMQ',
    note: 'with one scheduler thread and no busy waiting (+S 1:1 +sbwt none), as our tests start it; classic transient queues',
    start: startRabbit,
  },
];
