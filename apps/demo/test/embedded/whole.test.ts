import { describe, expect, it } from 'vitest';
import type { Figures } from '../../src/figures.ts';
import { alive, descendants, runDemo, startDemo } from '../run-demo.ts';

describe.each([
  ['in one process', []],
  ['as a process for each part', ['--processes']],
])('the demo on the embedded broker, %s', (_how, how) => {
  it('loses nothing over two cuts, one of them in mid-frame, and its figures add up', async () => {
    const { status, stdout, stderr } = await runDemo(...how, '--json', '--calls', '600');
    const figures = JSON.parse(stdout) as Figures;
    expect([status, stderr, figures.lost, figures.nothingLost]).toEqual([0, '', [], true]);

    const { broker, calls, reboots, refreshes, notifications, cancels, cuts, connections, firstAnswerMs } = figures;
    expect(broker.kind).toBe('embedded');
    expect(calls).toMatchObject({ planned: 600, sent: 600, pending: 0, notSent: 0, wrong: 0 });
    expect(calls).toMatchObject({ failedAsMeant: 30, refusedAsMeant: 12, cancelledAsMeant: 12 });
    expect(calls.answered + calls.timedOut).toBe(546);
    expect(reboots).toEqual({ sent: 60, due: 60, done: 60, missing: 0, twice: 0 });
    expect(refreshes).toEqual({ sent: 12, due: 36, done: 36, missing: 0, twice: 0 });
    expect(notifications).toMatchObject({ sent: 108, due: 108, missing: 0 });
    // One that is given up while there is no connection may never have been sent.
    expect(cancels.byCaller).toBe(12);
    expect(cancels.atServers).toBeGreaterThan(0);
    expect(cancels.atServers).toBeLessThanOrEqual(12);
    expect(cuts.map((cut) => [cut.kind, cut.connections])).toEqual([
      ['closed', 8],
      ['mid-frame', 8],
    ]);
    expect(connections.map(({ name }) => name).sort()).toEqual(
      ['client', 'host-1', 'host-2', 'host-3'].flatMap((owner) => [`${owner} consume`, `${owner} publish`]),
    );
    expect(connections.every(({ reconnects }) => reconnects >= 2)).toBe(true);
    expect(firstAnswerMs).toBeGreaterThan(0);
  });

  it('prints lines of 80 columns, and no control character where no terminal is', async () => {
    const { status, stdout, stderr } = await runDemo(...how, '--calls', '200', '--once');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('every connection is cut twice: closed, then reset in mid-frame');
    expect(stdout).toContain('nothing lost: each of 200 calls was answered');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there.
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('ends what runs at the first signal, says what had been done, and leaves no process behind', async () => {
    const demo = startDemo(...how, '--calls', '3000');
    await demo.printed('cut 1');
    const processes = descendants(demo.child.pid ?? 0);
    expect(processes).toHaveLength(how.length === 0 ? 1 : 5);
    demo.child.kill('SIGINT');
    // As npm does, which hands on what the terminal has given already.
    demo.child.kill('SIGINT');
    const { status, stdout } = await demo.ended;
    expect([status, demo.child.signalCode]).toEqual([130, null]);
    expect(stdout).toContain('Ended early by your signal');
    expect(stdout).toMatch(/nothing lost: each of [\d ]+ calls was answered/);
    expect(alive(processes)).toEqual([]);
  });

  it('leaves no process behind when it is killed', async () => {
    const demo = startDemo(...how, '--calls', '3000');
    await demo.printed('of 3 000 calls');
    const processes = descendants(demo.child.pid ?? 0);
    demo.child.kill('SIGKILL');
    await demo.ended;
    // They see that it is gone; how soon they are is up to the system.
    await expect.poll(() => alive(processes), { timeout: 10_000 }).toEqual([]);
  });
});
