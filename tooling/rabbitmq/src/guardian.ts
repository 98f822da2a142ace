import { spawn } from 'node:child_process';

// Reads the process groups to end, one line replacing the last. The pipe closes when this process ends, however it
// ends (SIGKILL too), and then the groups are killed and the folder goes. It is a group of its own, out of Ctrl-C's reach.
const script = `
groups=
while read -r line; do groups=$line; done
for group in $groups; do kill -KILL "-$group" 2>/dev/null; done
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  rm -rf -- "$1" 2>/dev/null
  [ -e "$1" ] || exit 0
  sleep 0.2
done
`;

/** Ends what a process started when that process itself has ended, in whatever way. */
export interface Guardian {
  /** The process groups to be killed from now on; replaces those of the last call. */
  guard(processGroups: readonly number[]): void;
  /** Kills the guarded groups, removes the folder, and resolves when both are done. */
  release(): Promise<void>;
}

/** Starts a guardian for the folder, and for the process groups that it will be told of. */
export function startGuardian(folder: string): Guardian {
  const child = spawn('/bin/sh', ['-c', script, 'leveret-guardian', folder], {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  child.stdin.on('error', () => {});
  // The guardian must not keep this process alive: it is the one that stays.
  child.unref();
  // Bun's pipes have no unref, and keep no process.
  (child.stdin as unknown as { unref?(): void }).unref?.();
  return {
    guard: (processGroups) => {
      child.stdin.write(`${processGroups.join(' ')}\n`);
    },
    release: async () => {
      child.ref();
      child.stdin.end();
      await ended;
    },
  };
}
