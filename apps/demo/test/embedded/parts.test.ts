import { afterEach, expect, it } from 'vitest';
import type { Figures } from '../../src/figures.ts';
import { type RunningDemo, runDemo, startDemo } from '../run-demo.ts';

const running: RunningDemo[] = [];

afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await Promise.all(running.splice(0).map(({ ended }) => ended));
});

async function start(...args: readonly string[]): Promise<RunningDemo> {
  const demo = startDemo(...args);
  running.push(demo);
  await demo.printed('Ctrl-C');
  return demo;
}

async function startBroker(): Promise<{ broker: RunningDemo; url: string }> {
  const broker = await start('broker', '--port', '0');
  const url = /amqp:\S+/.exec(broker.output())?.[0] ?? '';
  return { broker, url };
}

it('runs as a broker, servers and clients that are started one by one, and each ends at a signal', async () => {
  const { broker, url } = await startBroker();
  const servers = await Promise.all(['blue', 'green'].map((name) => start('server', '--url', url, '--name', name)));
  for (let client = 1; client <= 2; client += 1) {
    const { status, stdout, stderr } = await runDemo('client', '--url', url, '--json', '--calls', '300');
    const { lost, servers: found, reboots, refreshes, notifications, cuts } = JSON.parse(stdout) as Figures;
    expect([status, stderr, lost]).toEqual([0, '', []]);
    expect(found).toEqual(['blue', 'green']);
    // What the servers did for an earlier client is not counted.
    expect(reboots).toEqual({ sent: 30, due: 30, done: 30, missing: 0, twice: 0 });
    expect(refreshes).toEqual({ sent: 6, due: 12, done: 12, missing: 0, twice: 0 });
    expect(notifications).toMatchObject({ sent: 54, due: 54, missing: 0 });
    expect(cuts.map((cut) => [cut.kind, cut.connections])).toEqual([
      ['proxy', 2],
      ['proxy', 2],
    ]);
  }
  for (const part of [...servers, broker]) {
    part.child.kill('SIGINT');
    expect(await part.ended).toMatchObject({ status: 0, stderr: '' });
  }
});

it('says that a client has found no server', async () => {
  const { url } = await startBroker();
  expect(await runDemo('client', '--url', url, '--json')).toEqual({
    status: 1,
    stdout: '',
    stderr: 'leveret demo: No server answered. Start one, or several, in other terminals: npm run demo -- server\n',
  });
});

it('says whose port is taken', async () => {
  const { url } = await startBroker();
  const port = new URL(url).port;
  const { status, stderr } = await runDemo('broker', '--port', port);
  expect(status).toBe(1);
  expect(stderr).toContain(port);
});

it.each(['server', 'client', undefined])('says that there is no broker for part %s, within seconds', async (part) => {
  const startedAt = performance.now();
  const words = part === undefined ? [] : [part];
  const { status, stderr } = await runDemo(...words, '--url', 'amqp://guest:S3cret@127.0.0.1:1/');
  expect(status).toBe(1);
  expect(stderr).toBe('leveret demo: Could not connect to 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1.\n');
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});

it('explains itself', async () => {
  const { status, stdout } = await runDemo('--help');
  expect(status).toBe(0);
  expect(stdout).toContain('npm run demo -- [options]');
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

it('refuses what it cannot use', async () => {
  expect(await runDemo('--frob')).toEqual({
    status: 2,
    stdout: '',
    stderr: 'leveret demo: There is no option --frob. See --help.\n',
  });
});
