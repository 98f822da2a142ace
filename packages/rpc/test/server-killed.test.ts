import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from '@leveret/transport';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRpcClient, createRpcServer } from '../src/index.js';
import { useBroker } from './helpers.js';
import type { HeldServerSettings } from './programs/held-server.ts';

const answered = 5;
const concurrency = 5;
const ids = Array.from({ length: 20 }, (_, id) => id);

describe('calls to a server that is killed', () => {
  const broker = useBroker();

  async function startHeldServer(settings: Omit<HeldServerSettings, 'ledger'>) {
    const folder = mkdtempSync(join(tmpdir(), 'leveret-held-'));
    const ledger = join(folder, 'begun');
    writeFileSync(ledger, '');
    const program = join(import.meta.dirname, 'programs/held-server.ts');
    const child: ChildProcess = fork(program, [JSON.stringify({ ...settings, ledger })]);
    const kill = async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    };
    onTestFinished(async () => {
      await kill();
      rmSync(folder, { recursive: true });
    });
    await once(child, 'message');
    return { kill, begun: () => readFileSync(ledger, 'utf8').split('\n').slice(0, -1).map(Number) };
  }

  /** Twenty calls to a server that is killed when five are answered and five run; another one then takes over. */
  async function callThroughDeath(acknowledge: 'before' | 'after', timeoutMs: number) {
    const { url } = broker.setting;
    const topic = `${broker.setting.topic}-${acknowledge}`;
    const held = await startHeldServer({ url, topic, acknowledge, concurrency, answered });
    await using transport = createTransport(url);
    await using client = createRpcClient(transport, { topic }, { timeoutMs });
    const calls = ids.map((id) => client.call('work', { id }));
    const outcomes = Promise.allSettled(calls);
    await expect.poll(() => held.begun().length, { timeout: 10_000, interval: 10 }).toBe(answered + concurrency);
    const first = held.begun();
    await Promise.all(first.slice(0, answered).map((id) => calls[id]));
    await held.kill();

    const second: number[] = [];
    const work = ({ id }: { readonly id: number }) => {
      second.push(id);
      return id;
    };
    await using heir = createRpcServer(transport, { topic, server: 'heir' }, [{ methods: { work } }], { acknowledge });
    await heir.start();
    const settled = await outcomes;
    const lost = ids.filter((id) => settled[id]?.status === 'rejected');
    const reasons = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    const values = settled.map((each, id) => (each.status === 'fulfilled' ? each.value : id));
    return { running: first.slice(answered), first, second, lost, reasons, values };
  }

  it('acknowledged before: none runs twice, and only those that ran are lost, by the name of their timeout', async () => {
    const { running, first, second, lost, reasons, values } = await callThroughDeath('before', 5_000);
    expect([...first, ...second].sort((a, b) => a - b)).toEqual(ids);
    expect(lost).toEqual(running);
    for (const reason of reasons) expect(reason).toMatchObject({ code: 'ERR_LEVERET_TIMEOUT', stage: 'reply' });
    expect(values).toEqual(ids);
  });

  it('acknowledged after: none is left unanswered, and what ran is run again', async () => {
    const { running, first, second, lost, values } = await callThroughDeath('after', 20_000);
    expect(lost).toEqual([]);
    expect(values).toEqual(ids);
    const again = second.filter((id) => first.includes(id));
    expect(again).toEqual(expect.arrayContaining(running));
  });
});
