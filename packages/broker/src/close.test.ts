import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { connect } from 'amqplib';
import { build } from 'tsup';
import { describe, expect, it, onTestFinished } from 'vitest';
import { brokerInTest, clientOf, collect, rawClient, silentClient, until } from '../test/broker-in-test.js';
import { startBroker } from './embedded-broker.js';

/** How long it took, in milliseconds. */
async function timeOf(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return performance.now() - startedAt;
}

describe('closing a broker', () => {
  it('tells the clients, frees the port, and does nothing the second time', async () => {
    const { broker, reasons } = await brokerInTest();
    const { told } = await clientOf(broker);

    await broker.close();
    await broker.close();

    await until(() => told.includes('closed'));
    expect(told.at(-1)).toBe('closed');
    expect(reasons()).toEqual([
      `the broker closed it: 320 CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'`,
    ]);
    expect(broker.connections()).toEqual([]);
    await expect(connect(broker.url)).rejects.toThrow('ECONNREFUSED');
    await brokerInTest({ port: broker.port });
  });

  it('is over for both who close it at a time', async () => {
    const { broker } = await brokerInTest();
    await rawClient(broker);
    const left = await Promise.all(
      [broker.close(), broker.close()].map((closed) => closed.then(() => broker.connections())),
    );
    expect(left).toEqual([[], []]);
  });

  it.each([
    ['one that answers nothing', async (broker) => void (await rawClient(broker))],
    ['one that has said nothing', async (broker) => void (await silentClient(broker))],
    [
      'one that is frozen',
      async (broker) => {
        await clientOf(broker);
        broker.faults.freeze();
      },
    ],
    [
      'one whose handshake is ignored',
      async (broker) => {
        const fault = broker.faults.ignoreHandshakes();
        await silentClient(broker);
        await until(() => fault.hits === 1);
      },
    ],
    [
      'one that is blocked',
      async (broker) => {
        const { channel } = await clientOf(broker);
        broker.faults.block();
        channel.publish('amq.fanout', '', Buffer.from('held'));
        await until(() => broker.connections().some(({ status }) => status === 'blocked'));
      },
    ],
    [
      'one that is owed confirms and reads nothing',
      async (broker) => {
        const client = await rawClient(broker);
        broker.faults.delayConfirms('until stopped');
        await client.ask(1, 'confirm.select');
        client.publish(1, { exchange: 'amq.fanout' }, 'm');
      },
    ],
  ] satisfies [string, (broker: Awaited<ReturnType<typeof startBroker>>) => Promise<void>][])(
    'takes less than a second with a client: %s',
    async (_, arrange) => {
      const { broker } = await brokerInTest();
      await arrange(broker);
      expect(await timeOf(() => broker.close())).toBeLessThan(1_000);
      expect(broker.connections()).toEqual([]);
    },
  );

  it('waits for nobody when it is stopped already', async () => {
    const { broker } = await brokerInTest();
    await broker.stop();
    expect(await timeOf(() => broker.close())).toBeLessThan(100);
  });

  it('does not wait until a restart is over', async () => {
    const { broker } = await brokerInTest();
    const restarted = broker.restart({ downMs: 60_000 });
    await until(() => broker.connections().length === 0);

    expect(await timeOf(() => broker.close())).toBeLessThan(1_000);

    await restarted;
    await expect(connect(broker.url)).rejects.toThrow('ECONNREFUSED');
  });

  it('leaves nobody listening when it comes right after a start', async () => {
    const { broker } = await brokerInTest();
    await broker.stop();
    const started = broker.start();
    await broker.close();
    await started;
    await expect(connect(broker.url)).rejects.toThrow('ECONNREFUSED');
  });

  it('comes after a stop that is under way', async () => {
    const { broker } = await brokerInTest();
    await rawClient(broker);
    const stopped = broker.stop();
    await broker.close();
    expect(broker.connections()).toEqual([]);
    await stopped;
  });

  it('happens at the end of a block', async () => {
    let port: number;
    {
      await using broker = await startBroker();
      ({ port } = broker);
    }
    await brokerInTest({ port });
  });

  it('lets inspection and faults say that there is nothing', async () => {
    const { broker } = await brokerInTest();
    const { channel } = await clientOf(broker);
    await channel.assertQueue('q', { expires: 60_000, messageTtl: 60_000 });
    await collect(channel, 'q');
    const fault = broker.faults.delayConfirms({ ms: 60_000 });
    await broker.close();

    expect([broker.connections(), broker.channels(), broker.consumers()]).toEqual([[], [], []]);
    expect(broker.faults.dropConnections()).toBe(0);
    fault.stop();
    await broker.idle();
  });
});

describe('the process of a broker', () => {
  it('ends by itself once the broker is closed, whatever its clients do', async () => {
    const { status, stdout, stderr } = await run(`
      import { connect } from 'node:net';
      import { startBroker } from './index.js';
      const broker = await startBroker();
      const socket = connect(broker.port).unref().on('error', () => undefined);
      await new Promise((resolve) => socket.once('connect', resolve));
      socket.write('AMQP');
      broker.faults.freeze();
      broker.faults.replyBeforeConfirm();
      broker.faults.ignoreHandshakes();
      await broker.restart();
      await broker.close();
      const closedAt = performance.now();
      process.on('exit', () => console.log(performance.now() - closedAt < 500 ? 'ended at once' : 'lingered'));
    `);
    expect(stderr).toBe('');
    expect(stdout).toBe('ended at once\n');
    expect(status).toBe(0);
  });
});

describe('what is seen of a broker', () => {
  it('shows no password', async () => {
    const { broker } = await brokerInTest({ users: { someone: 'pa55w0rd' } });
    await clientOf(broker);
    broker.addUser('other', 'pa55w0rd');

    const shown = [
      inspect(broker, { depth: null, showHidden: true, getters: false }),
      inspect(broker.faults, { depth: null, showHidden: true }),
      JSON.stringify(broker),
      JSON.stringify([broker.connections(), broker.channels(), broker.counts()]),
      String(broker),
    ];

    expect(shown.filter((text) => text.includes('pa55w0rd'))).toEqual([]);
  });
});

/** Runs a script beside a fresh build of the broker. */
async function run(
  script: string,
): Promise<{ readonly status: unknown; readonly stdout: string; readonly stderr: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'leveret-broker-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await build({
    config: false,
    silent: true,
    entry: [join(import.meta.dirname, 'index.ts')],
    outDir: directory,
    format: 'esm',
    target: 'es2023',
    define: { LEVERET_VERSION: '"0"' },
  });
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  await writeFile(join(directory, 'script.js'), script);
  const child = spawn(process.execPath, [join(directory, 'script.js')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 8_000,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const [status] = await once(child, 'close');
  return { status, stdout, stderr };
}
