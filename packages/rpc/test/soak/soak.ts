import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type OsloClient, startOsloClient, startOsloServer } from '@leveret/tooling-oslo';
import type { RabbitmqControl } from '@leveret/tooling-rabbitmq';
import type { OursReport, OursSettings } from './ours.ts';

/** How much of it. */
export interface SoakOptions {
  readonly control: RabbitmqControl;
  /** How long connections are cut. */
  readonly seconds: number;
  /** Default 2 000. */
  readonly cutEveryMs?: number;
  /** Ours, of TypeScript. Default 100. */
  readonly callsPerSecond?: number;
}

/** What became of everything. */
export interface SoakReport {
  readonly ours: OursReport;
  readonly python: {
    readonly calls: number;
    readonly answered: number;
    /** By the name of the exception. */
    readonly failed: Readonly<Record<string, number>>;
    /** By the two Python servers together. */
    readonly fanoutsRun: number;
  };
  /** How often connections were closed, and how many in all. */
  readonly cuts: number;
  readonly connectionsClosed: number;
}

const timeoutMs = 20_000;
const fanoutsPerSecond = 5;
const pythonCallsPerSecond = 10;
const pythonServers = ['theirs-1', 'theirs-2'];

/**
 * Two servers of ours and two of Python on one topic, a client of each language that calls whichever answers, fanouts to
 * all, and an operator who closes all connections, or half of them, again and again.
 */
export async function runSoak({
  control,
  seconds,
  cutEveryMs = 2_000,
  callsPerSecond = 100,
}: SoakOptions): Promise<SoakReport> {
  const { name: virtualHost, url } = await control.createVirtualHost();
  const topic = 'soak';
  const [server = '', ...others] = pythonServers;
  await using python = await startOsloServer({
    url,
    topic,
    server,
    args: others.flatMap((each) => ['--beside', each]),
  });
  await using pythonClient = await startOsloClient({ url, topic });
  // A minute is more than all that is not the load.
  const most = (seconds + 60) * callsPerSecond;
  await using ours = startOurs({ url, topic, callsPerSecond, fanoutsPerSecond, timeoutMs, most });
  await ours.next('ready');
  const load = startPythonLoad(pythonClient);

  const cut = async (round: number): Promise<number> => {
    let index = 0;
    // All, or every other one.
    const match = (connection: { readonly virtualHost: string }): boolean =>
      connection.virtualHost === virtualHost && (round % 2 === 0 || (index++ + (round >> 1)) % 2 === 0);
    return await control.closeConnections('soak', { match });
  };
  // The code is compiled and everything has been lost once before anything is measured.
  for (let round = 0; round < 2; round += 1) {
    await delay(cutEveryMs);
    await cut(round);
  }
  ours.send('measure');
  await ours.next('measured');

  let cuts = 0;
  let connectionsClosed = 0;
  const deadline = performance.now() + seconds * 1_000;
  while (performance.now() < deadline) {
    await delay(cutEveryMs);
    connectionsClosed += await cut(cuts);
    cuts += 1;
  }
  const calls = await load.stop();
  ours.send('end');
  const { report } = await ours.next<{ readonly report: OursReport }>('report');
  const fanoutsRun = await countFanouts(pythonClient);
  await python.kill();
  await control.deleteVirtualHost(virtualHost);
  return { ours: report, python: { ...calls, fanoutsRun }, cuts, connectionsClosed };
}

function startOurs(settings: OursSettings) {
  const program = join(import.meta.dirname, 'ours.ts');
  const child: ChildProcess = fork(program, [JSON.stringify(settings)], { execArgv: ['--expose-gc'] });
  const ended = new Promise<never>((_, reject) => {
    child.once('exit', (code, signal) => reject(new Error(`Our side of the soak ended with ${code ?? signal}.`)));
    child.once('error', reject);
  });
  // Heard by who waits for a message; nobody need wait.
  ended.catch(() => {});
  // The first message of each name, heard already or still to come.
  const heard: object[] = [];
  child.on('message', (message: object) => heard.push(message));
  const next = async <Message extends object>(name: string): Promise<Message> => {
    for (;;) {
      const found = heard.find((message) => name in message);
      if (found !== undefined) return found as Message;
      const waiting = new AbortController();
      try {
        await Promise.race([once(child, 'message', { signal: waiting.signal }), ended]);
      } finally {
        waiting.abort();
      }
    }
  };
  return {
    send: (word: 'measure' | 'end') => void child.send(word),
    next,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function startPythonLoad(client: OsloClient) {
  let calls = 0;
  let answered = 0;
  const failed: Record<string, number> = {};
  const pending = new Set<Promise<void>>();
  const call = async (value: string): Promise<void> => {
    const answer = await client.request({ method: 'echo', args: { value }, timeout: timeoutMs / 1_000 });
    const name = answer.ok ? 'another answer' : answer.error.class;
    if (answer.ok && answer.result === value) answered += 1;
    else failed[name] = (failed[name] ?? 0) + 1;
  };
  const timer = setInterval(() => {
    // It performs so many side by side; what waits for a thread of it would be counted as time of the call.
    if (pending.size >= 32) return;
    calls += 1;
    const sent: Promise<void> = call(`python ${calls}`).finally(() => pending.delete(sent));
    pending.add(sent);
  }, 1_000 / pythonCallsPerSecond);
  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.all(pending);
      return { calls, answered, failed };
    },
  };
}

async function countFanouts(client: OsloClient): Promise<number> {
  const counts = pythonServers.map(async (server) => {
    const answer = await client.request({ method: 'get_count', server, timeout: timeoutMs / 1_000 });
    return answer.ok ? Number(answer.result) : Number.NaN;
  });
  return (await Promise.all(counts)).reduce((sum, each) => sum + each, 0);
}
