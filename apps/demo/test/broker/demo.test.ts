import { type RabbitmqAccess, startRabbitmq, useRabbitmq } from '@leveret/tooling-rabbitmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Figures } from '../../src/figures.ts';
import { alive, descendants, runDemo, startDemo } from '../run-demo.ts';

describe('the demo on a broker that is there', () => {
  let access: RabbitmqAccess;
  let url: string;
  let virtualHost: string;

  beforeAll(async () => {
    access = await useRabbitmq();
    ({ url } = await access.virtualHostForTestFile());
    virtualHost = decodeURIComponent(url.slice(url.lastIndexOf('/') + 1));
  });

  afterAll(() => access.release());

  it('loses nothing over two cuts, and its figures add up', async () => {
    const { status, stdout, stderr } = await runDemo('--url', url, '--json', '--calls', '600');
    const figures = JSON.parse(stdout) as Figures;
    expect([status, stderr, figures.lost, figures.nothingLost]).toEqual([0, '', [], true]);

    const { calls, reboots, refreshes, notifications, cancels, cuts, connections } = figures;
    expect(calls).toMatchObject({ planned: 600, sent: 600, pending: 0, notSent: 0, wrong: 0 });
    expect(calls).toMatchObject({ failedAsMeant: 30, refusedAsMeant: 12, cancelledAsMeant: 12 });
    expect(calls.answered + calls.timedOut).toBe(546);
    expect(Object.values(calls.byMethod).map(({ sent }) => sent)).toEqual([438, 120, 30, 12]);
    expect(calls.p50Ms).toBeLessThanOrEqual(calls.p99Ms ?? 0);
    expect(reboots).toEqual({ sent: 60, due: 60, done: 60, missing: 0, twice: 0 });
    expect(refreshes).toEqual({ sent: 12, due: 36, done: 36, missing: 0, twice: 0 });
    expect(notifications).toMatchObject({ sent: 108, due: 108, missing: 0 });
    // One that is given up while there is no connection may never have been sent.
    expect(cancels.byCaller).toBe(12);
    expect(cancels.atServers).toBeGreaterThan(0);
    expect(cancels.atServers).toBeLessThanOrEqual(12);
    expect(cuts.map((cut) => cut.connections)).toEqual([8, 8]);
    expect(connections.map(({ name }) => name).sort()).toEqual(
      ['client', 'host-1', 'host-2', 'host-3'].flatMap((owner) => [`${owner} consume`, `${owner} publish`]),
    );
    expect(connections.every(({ reconnects }) => reconnects >= 2)).toBe(true);
  });

  it('leaves no queue and no password behind, and no control character where no terminal is', async () => {
    const { status, stdout, stderr } = await runDemo('--url', url, '--calls', '200', '--once');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('nothing lost: each of 200 calls was answered');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there.
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    const password = /\/\/[^:]*:([^@]*)@/.exec(url)?.[1] ?? '';
    expect(stdout).not.toContain(password);
    const { control } = access;
    if (control === undefined) return;
    // The one for replies may have to go by itself.
    await expect.poll(() => control.queues(virtualHost), { timeout: 40_000, interval: 1_000 }).toEqual([]);
  });

  it('has a Python server answer, and a Python client answered', async () => {
    const { status, stdout } = await runDemo('--url', url, '--json', '--calls', '400', '--oslo');
    const figures = JSON.parse(stdout) as Figures;
    expect([status, figures.lost]).toEqual([0, []]);
    expect(figures.servers).toEqual(['host-1', 'host-2', 'host-3', 'host-py']);
    // A server in Python remembers 16 ids: what comes again after a cut, it may do again.
    expect(figures.refreshes).toMatchObject({ sent: 8, due: 32, missing: 0 });
    // It hears no cancels, so nobody gives up what it does.
    expect(figures.cancels.byCaller).toBe(4);
    expect(figures.python).toMatchObject({ answered: true });
  });

  it('does the same with a process for each server', async () => {
    const { status, stdout } = await runDemo('--url', url, '--json', '--calls', '300', '--processes');
    const { lost, cuts, broker } = JSON.parse(stdout) as Figures;
    expect([status, lost, broker.kind]).toEqual([0, [], 'yours']);
    expect(cuts.map(({ kind, connections }) => [kind, connections])).toEqual([
      ['proxy', 8],
      ['proxy', 8],
    ]);
  });

  it('ends what runs at the first signal, and says what had been done', async () => {
    const demo = startDemo('--url', url, '--calls', '9000');
    await demo.printed('cut 1');
    demo.child.kill('SIGINT');
    const { status, stdout } = await demo.ended;
    expect([status, demo.child.signalCode]).toEqual([130, null]);
    expect(stdout).toContain('Ended early by your signal');
    expect(stdout).toMatch(/nothing lost: each of [\d ]+ calls was answered/);
  });

  it('says what is wrong with a password, without it', async () => {
    const { status, stderr } = await runDemo('--url', url.replace(/:[^:@]*@/, ':S3cret@'));
    expect(status).toBe(1);
    expect(stderr).toMatch(/^leveret demo: .* wrong user name or password\. Check the credentials/);
    expect(stderr).not.toContain('S3cret');
  });
});

describe('the demo on the embedded broker', () => {
  // Here, because it is what needs Python.
  it('has a Python server answer, and a Python client answered', async () => {
    const { status, stdout } = await runDemo('--json', '--calls', '400', '--oslo');
    const { lost, refreshes, notifications, python, broker } = JSON.parse(stdout) as Figures;
    expect([status, lost, broker.kind]).toEqual([0, [], 'embedded']);
    expect(refreshes).toMatchObject({ sent: 8, due: 32, missing: 0 });
    expect(notifications).toMatchObject({ sent: 56, missing: 0 });
    expect(python).toMatchObject({ answered: true });
  });
});

describe('the demo on a RabbitMQ of its own', () => {
  it('has the operator close the connections, and leaves no process behind when a signal ends it', async () => {
    const demo = startDemo('--rabbitmq', '--calls', '9000');
    await demo.printed('cut 1');
    const processes = descendants(demo.child.pid ?? 0);
    expect(processes.length).toBeGreaterThan(1);
    demo.child.kill('SIGTERM');
    const { status, stdout } = await demo.ended;
    expect(status).toBe(143);
    expect(stdout).toContain("cut twice on the way, by the broker's operator");
    expect(stdout).toContain('nothing lost: each of');
    // Killed with it; how soon they are gone is up to the system.
    await expect.poll(() => alive(processes), { timeout: 10_000 }).toEqual([]);
  });
});

describe('the demo whose broker dies', () => {
  it('ends by itself and says what was lost', async () => {
    const broker = await startRabbitmq();
    try {
      const demo = startDemo('--url', broker.url, '--calls', '9000');
      await demo.printed('cut 1');
      await broker.kill();
      const { status, stdout } = await demo.ended;
      expect(status).toBe(1);
      expect(stdout).toContain('SOMETHING WAS LOST');
      expect(stdout).toContain('- no call was answered any more, and the load was ended early');
      expect(stdout).toContain('- host-1 did not say what it received');
    } finally {
      await broker.remove();
    }
  });
});
