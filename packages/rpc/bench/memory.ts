// What calls cost in memory, of a client and a server in one process: what stays after many, and what each outstanding one
// holds. The broker is a process of its own. `npm run measure`, on the build.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { createRpcClient, createRpcServer } from '@leveret/rpc';
import { startOwnBroker } from '@leveret/tooling-brokers';
import { createTransport } from '@leveret/transport';

const [role, url = ''] = process.argv.slice(2);
const rounds = 5;
const callsPerRound = 40_000;
const concurrency = 100;
const outstanding = 10_000;
const running = 64;

if (role === 'broker') {
  const broker = await startOwnBroker();
  process.send?.(broker.url);
  process.once('disconnect', () => process.exit());
} else if (role === 'measure') {
  await measure(url);
} else {
  const env = { ...process.env, LEVERET_TOOLING_BROKER: 'embedded' };
  const broker = fork(import.meta.filename, ['broker'], { env });
  const [brokerUrl] = await once(broker, 'message');
  const measuring = fork(import.meta.filename, ['measure', String(brokerUrl)], { execArgv: ['--expose-gc'] });
  const [code] = await once(measuring, 'exit');
  broker.disconnect();
  process.exitCode = Number(code);
}

interface Used {
  readonly heap: number;
  readonly external: number;
}

async function used(): Promise<Used> {
  for (let round = 0; round < 6; round += 1) {
    await delay(50);
    globalThis.gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  return { heap: heapUsed, external };
}

async function measure(brokerUrl: string): Promise<void> {
  if (globalThis.gc === undefined) throw new Error('Memory is measured with --expose-gc.');
  const held: (() => void)[] = [];
  const methods = {
    echo: ({ value }: { value: string }) => value,
    hold: () => new Promise<void>((resolve) => held.push(resolve)),
  };
  const near = createTransport(brokerUrl);
  const server = createRpcServer(near, { topic: 'memory', server: 's' }, [{ methods }], { concurrency: running });
  await server.start();
  const far = createTransport(brokerUrl);
  const client = createRpcClient(far, { topic: 'memory' }, { timeoutMs: 120_000 });

  const run = async (calls: number): Promise<void> => {
    let left = calls;
    const work = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await client.call('echo', { value: 'x'.repeat(100) });
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
  };

  // The server holds the few that it runs; the others wait for it at the broker, and their callers here.
  const hold = async () => {
    const before = await used();
    let settled = 0;
    const calls = Array.from({ length: outstanding }, async () => {
      await client.call('hold');
      settled += 1;
    });
    while (held.length < running || far.health().messages.unconfirmed > 0) await delay(50);
    const during = await used();
    while (settled < outstanding) {
      for (const end of held.splice(0)) end();
      await delay(1);
    }
    await Promise.all(calls);
    return { before, during, after: await used() };
  };

  // The code is compiled, the duplicate window is full, and tables have the size that so many outstanding calls take.
  await run(callsPerRound);
  await hold();
  await run(callsPerRound);
  const start = await used();
  const rows: Record<string, string>[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const began = performance.now();
    await run(callsPerRound);
    const seconds = (performance.now() - began) / 1000;
    const now = await used();
    rows.push({
      calls: (round * callsPerRound).toLocaleString('en'),
      'heap growth, kB': ((now.heap - start.heap) / 1024).toFixed(0),
      'external growth, kB': ((now.external - start.external) / 1024).toFixed(0),
      'calls a second': (callsPerRound / seconds).toFixed(0),
    });
  }
  console.log(
    `Node ${process.version}; ${concurrency} calls at a time, 100 characters each, client and server in one process`,
  );
  console.table(rows);

  const { before, during, after } = await hold();
  const each = (kind: keyof Used): number => Math.round((during[kind] - before[kind]) / outstanding);
  console.log(
    `${outstanding} outstanding calls: ${each('heap')} bytes of heap each, ${each('external')} outside of it`,
  );
  console.log(
    `after their answers: ${((after.heap - before.heap) / 1024).toFixed(0)} kB of heap more than before them`,
  );
  await client.close();
  await server.stop();
  await Promise.all([near.close(), far.close()]);
  process.disconnect();
}
