import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createTransport } from '@leveret/transport';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRpcClient, createRpcServer, type RequestInfo } from '../src/index.js';
import { useBroker } from './helpers.js';
import type { DrainingServerSettings } from './programs/draining-server.ts';

const concurrency = 5;
const ids = Array.from({ length: 15 }, (_, id) => id);

describe('a server whose process is asked to end with SIGTERM', () => {
  const broker = useBroker();

  async function startDrainingServer(settings: DrainingServerSettings) {
    const program = join(import.meta.dirname, 'programs/draining-server.ts');
    const child: ChildProcess = fork(program, [JSON.stringify(settings)]);
    onTestFinished(() => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    });
    const begun: number[] = [];
    await new Promise<void>((resolve) => {
      child.on('message', (message) => {
        if (typeof message === 'number') begun.push(message);
        else resolve();
      });
    });
    return { child, begun };
  }

  it.each(['before', 'after'] as const)(
    'answers the 5 of 5 that run, hands back what waits, each once, and is gone within a second (acknowledged %s)',
    async (acknowledge) => {
      const { url } = broker.setting;
      const topic = `${broker.setting.topic}-drained-${acknowledge}`;
      const { child, begun } = await startDrainingServer({ url, topic, acknowledge, concurrency, workMs: 300 });
      await using transport = createTransport(url);
      await using client = createRpcClient(transport, { topic }, { timeoutMs: 20_000 });
      const calls = ids.map((id) => client.call('work', { id }));
      await expect.poll(() => begun.length, { timeout: 10_000, interval: 10 }).toBe(concurrency);

      const exited = once(child, 'exit');
      // Not child.kill(): Deno then tells the signal as what ended a process that heeded it and ended by itself.
      process.kill(child.pid as number, 'SIGTERM');
      const running = [...begun];
      expect(await Promise.all(running.map((id) => calls[id]))).toEqual(running);
      const answeredAt = performance.now();
      expect(await exited).toEqual([0, null]);
      expect(performance.now() - answeredAt).toBeLessThan(1_000);
      expect(begun).toEqual(running);

      const runs: number[] = [];
      const work = ({ id }: { readonly id: number }, { redelivered }: RequestInfo) => {
        runs.push(id);
        return `${redelivered}`;
      };
      await using heir = createRpcServer(transport, { topic, server: 'heir' }, [{ methods: { work } }], {
        acknowledge,
      });
      await heir.start();
      const waited = ids.filter((id) => !running.includes(id));
      expect(await Promise.all(waited.map((id) => calls[id]))).toEqual(waited.map(() => 'true'));
      expect(runs.sort((a, b) => a - b)).toEqual(waited);
    },
  );
});
