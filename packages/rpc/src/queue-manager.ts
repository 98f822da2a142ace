import { join } from 'node:path';
import { InvalidArgumentError } from './errors.js';

// An import of it loads all of it, streams and promises too, also for the many who name no queues: docs/decisions/0023.
const fs = (): typeof import('node:fs') => process.getBuiltinModule('node:fs');

/** Whose queues are named, and where the count is kept. */
export interface QueueManagerOptions {
  readonly hostName: string;
  readonly processName: string;
  /** Default `/dev/shm`: memory that all processes of the machine share, and that a reboot empties. */
  readonly folder?: string;
  /** Default `/proc`. */
  readonly processes?: string;
}

/**
 * The next id of a queue, `<hostName>:<processName>:<n>`: the same names after a restart, so that the queues of the last
 * life are found again. n counts in `/dev/shm/<hostName>_<processName>_qmanager`, whose text is oslo's
 * (`group:count:start`), and starts over when the process group is another. oslo: `use_queue_manager`. spec 5.
 *
 * Processes of Node.js exclude each other by a lock file beside it. oslo.concurrency's lock is one of `fcntl`, which Node.js
 * does not have: a process of Python and one of Node.js must not have the same name on one host.
 *
 * @throws InvalidArgumentError where there is no `/dev/shm` or `/proc`, and for names with a `/`.
 */
export function nextQueueId(options: QueueManagerOptions): string {
  const { hostName, processName, folder = '/dev/shm', processes = '/proc' } = options;
  if (`${hostName}${processName}`.includes('/')) {
    throw new InvalidArgumentError('hostName and processName must not hold a /: the name of a file is made of them.');
  }
  const file = join(folder, `${hostName}_${processName}_qmanager`);
  try {
    const group = processGroup(processes);
    return `${hostName}:${processName}:${locked(`${file}.lock`, () => count(file, group))}`;
  } catch (cause) {
    if (cause instanceof InvalidArgumentError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new InvalidArgumentError(
      `queueManager counts queues in ${file} and needs ${processes}, which Linux has: ${code}. Leave it out where that is not so.`,
    );
  }
}

interface ProcessGroup {
  readonly id: number;
  /** In ticks since the machine was started, as the kernel says it; undefined: the process it is named after has ended. */
  readonly start: number | undefined;
}

function processGroup(processes: string): ProcessGroup {
  const [, , group] = statistics(processes, 'self');
  // In some containers the group is 0, which is no process.
  const id = group === 0 ? process.pid : (group as number);
  return { id: group as number, start: startOf(processes, id) };
}

function startOf(processes: string, id: number): number | undefined {
  try {
    return statistics(processes, String(id))[19];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

// Counted from behind the name of the program, which may hold spaces and parentheses: state, parent, group, …
function statistics(processes: string, id: string): number[] {
  const text = fs().readFileSync(join(processes, id, 'stat'), 'utf8');
  return text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
}

function count(file: string, group: ProcessGroup): number {
  const [id, last = 0, start] = readCount(file);
  // Of a group that outlives its first process, others may have counted before it ended, and their queues are in use.
  const isSame = id === group.id && (group.start === undefined || start === group.start);
  const next = isSame ? last + 1 : 1;
  fs().writeFileSync(file, `${group.id}:${next}:${group.start ?? (isSame ? start : 0)}`);
  return next;
}

function readCount(file: string): number[] {
  try {
    const numbers = fs().readFileSync(file, 'utf8').trim().split(':').map(Number);
    return numbers.length === 3 && numbers.every(Number.isSafeInteger) ? numbers : [];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

// What is done under the lock takes far less than a millisecond: a lock this old was left behind by a process that is gone.
const STALE_MS = 2_000;

function locked<T>(lock: string, act: () => T): T {
  while (!tryLock(lock)) {
    removeIfStale(lock);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
  try {
    return act();
  } finally {
    fs().unlinkSync(lock);
  }
}

function tryLock(lock: string): boolean {
  try {
    fs().closeSync(fs().openSync(lock, 'wx'));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function removeIfStale(lock: string): void {
  const mine = `${lock}.${process.pid}`;
  try {
    const { ino, mtimeMs } = fs().statSync(lock);
    if (Date.now() - mtimeMs < STALE_MS) return;
    fs().renameSync(lock, mine);
    // Somebody else was faster, and this is their lock already: they get it back.
    if (fs().statSync(mine).ino !== ino) fs().linkSync(mine, lock);
    fs().unlinkSync(mine);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
