import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { useRabbitmq } from '@leveret/tooling-rabbitmq';
import { expect, it } from 'vitest';

const program = `
  import { startOsloClient, startOsloServer, startPeer } from '@leveret/tooling-oslo';
  const peer = { url: process.argv[1], topic: 'orphans' };
  const peers = await Promise.all([
    startOsloServer({ ...peer, server: 's1' }), startOsloClient(peer), startPeer('notify', { ...peer, args: ['listen'] }),
  ]);
  console.log(JSON.stringify(peers.map(({ pid }) => pid)));
`;

// A process that ended but was not yet collected by its parent counts as ended.
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

it('leaves no Python behind when the process that started it is killed', async () => {
  const { url } = await (await useRabbitmq()).virtualHostForTestFile();
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program, url], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const pids = JSON.parse(line) as number[];
  expect(pids.map(isAlive)).toEqual([true, true, true]);
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  const deadline = performance.now() + 10_000;
  while (pids.some(isAlive) && performance.now() < deadline) await sleep(20);
  expect(pids.map(isAlive)).toEqual([false, false, false]);
});
