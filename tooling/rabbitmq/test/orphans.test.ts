import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

const program = `
  import { startRabbitmq } from '@leveret/tooling-rabbitmq';
  const { pid, coordinates } = await startRabbitmq();
  console.log(JSON.stringify({ pid, folder: coordinates.folder }));
  setInterval(() => {}, 1000);
`;

// A process that ended but was not yet collected by its parent counts as ended.
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('a process that starts a broker and dies', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)('leaves no broker behind when it dies of %s', async (signal) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const { pid, folder } = JSON.parse(line) as { pid: number; folder: string };
    expect([isAlive(pid), existsSync(folder)]).toEqual([true, true]);
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
    const deadline = performance.now() + 10_000;
    while ((isAlive(pid) || existsSync(folder)) && performance.now() < deadline) await sleep(20);
    expect([isAlive(pid), existsSync(folder)]).toEqual([false, false]);
  });
});
