// Our side of the soak, in a process whose memory is nobody else's: two servers and a client, each on connections of its own.
import { setTimeout as delay } from 'node:timers/promises';
import { createRpcClient, createRpcServer } from '@leveret/rpc';
import { createTransport, type TransportEvent } from '@leveret/transport';

/** What this program is started with, as JSON. */
export interface OursSettings {
  readonly url: string;
  readonly topic: string;
  readonly callsPerSecond: number;
  readonly fanoutsPerSecond: number;
  readonly timeoutMs: number;
  /** The most that is sent, of either: the ledger has its size from the beginning. */
  readonly most: number;
}

/** Answered once, when told to `measure` and then to `end`. */
export interface OursReport {
  readonly calls: number;
  readonly answered: number;
  /** Answers that are another call's. */
  readonly wrong: number;
  /** Calls that failed, by the code of their error. */
  readonly failed: Readonly<Record<string, number>>;
  /** Calls that neither were answered nor failed, past their time. */
  readonly hung: number;
  /** Requests that one of our servers has run twice. */
  readonly runTwice: number;
  /** Requests that both of our servers have run: each had been delivered to both. */
  readonly runByBoth: number;
  /** Requests that our servers were sent again, and did not run again. */
  readonly repeatsRefused: number;
  readonly fanouts: number;
  readonly fanoutsFailed: number;
  /** Fanouts that the broker has confirmed and one of our servers has not seen. */
  readonly fanoutsMissed: number;
  /** Fanouts that one of our servers has run twice. */
  readonly fanoutsTwice: number;
  readonly connectionsLost: number;
  readonly heapBefore: number;
  readonly heapAfter: number;
}

const { url, topic, callsPerSecond, fanoutsPerSecond, timeoutMs, most } = JSON.parse(
  process.argv[2] ?? '{}',
) as OursSettings;
const { gc } = globalThis;
if (gc === undefined) throw new Error('This program measures memory: start it with --expose-gc.');

let connectionsLost = 0;
let repeatsRefused = 0;
const onEvent = (event: TransportEvent): void => {
  if (event.type === 'connection-lost') connectionsLost += 1;
};

function startServer(name: string) {
  const ran = new Uint8Array(most);
  const heard = new Uint8Array(most);
  const transport = createTransport(url, { onEvent });
  const methods = {
    echo: async ({ value }: { value: number | string }) => {
      // Python's calls are texts.
      if (typeof value === 'number') ran[value] = (ran[value] ?? 0) + 1;
      // So that some are always under way when a connection is cut.
      await delay(Math.random() * 20);
      return value;
    },
    count: (_args: unknown, { context }: { context: Readonly<Record<string, unknown>> }) => {
      const number = Number(context['number']);
      heard[number] = (heard[number] ?? 0) + 1;
    },
  };
  const server = createRpcServer(transport, { topic, server: name }, [{ methods }], {
    onEvent: ({ type }) => {
      if (type === 'request-repeated') repeatsRefused += 1;
    },
  });
  return { ran, heard, transport, server };
}

const servers = ['ours-1', 'ours-2'].map(startServer);
await Promise.all(servers.map(({ server }) => server.start()));
const transport = createTransport(url, { onEvent });
const client = createRpcClient(transport, { topic }, { timeoutMs });

let calls = 0;
let answered = 0;
let wrong = 0;
let fanouts = 0;
const confirmed = new Uint8Array(most);
const failed: Record<string, number> = {};
const fanoutsFailed: Record<string, number> = {};
const pending = new Set<Promise<void>>();

function count(errors: Record<string, number>, error: unknown): void {
  const { code = String(error) } = error as { code?: string };
  errors[code] = (errors[code] ?? 0) + 1;
}

function track(sent: Promise<void>): void {
  pending.add(sent);
  void sent.then(() => pending.delete(sent)); // settles into the ledger, and never rejects
}

async function call(id: number): Promise<void> {
  try {
    if ((await client.call('echo', { value: id })) === id) answered += 1;
    else wrong += 1;
  } catch (error) {
    count(failed, error);
  }
}

async function tellAll(number: number): Promise<void> {
  try {
    await client.cast('count', { by: 1 }, { fanout: true, context: { number } });
    confirmed[number] = 1;
  } catch (error) {
    count(fanoutsFailed, error);
  }
}

function sendFor(perSecond: number, send: () => void): NodeJS.Timeout {
  let due = 0;
  return setInterval(() => {
    for (due += perSecond / 20; due >= 1; due -= 1) send();
  }, 50);
}

// Nothing of the load may be in flight: what is measured is what stays.
async function heap(): Promise<number> {
  await settle();
  for (let round = 0; round < 5; round += 1) {
    await delay(50);
    gc?.();
  }
  return process.memoryUsage().heapUsed;
}

async function settle(): Promise<void> {
  const settled = Promise.all(pending);
  const late = new AbortController();
  await Promise.race([settled, delay(timeoutMs + 10_000, undefined, { signal: late.signal }).catch(() => {})]);
  late.abort();
}

function startLoad(): () => void {
  const timers = [
    sendFor(callsPerSecond, () => {
      if (calls < most) track(call(calls++));
    }),
    sendFor(fanoutsPerSecond, () => {
      if (fanouts < most) track(tellAll(fanouts++));
    }),
  ];
  return () => timers.forEach(clearInterval);
}

function sum(ledger: (index: number) => number): number {
  let total = 0;
  for (let index = 0; index < most; index += 1) total += ledger(index);
  return total;
}

let stopLoad = startLoad();
let heapBefore = 0;

async function measure(): Promise<void> {
  stopLoad();
  heapBefore = await heap();
  stopLoad = startLoad();
  process.send?.({ measured: true });
}

async function end(): Promise<void> {
  stopLoad();
  const heapAfter = await heap();
  const hung = pending.size;
  // What was confirmed has come, or is on its way.
  const missed = () =>
    servers.reduce((total, { heard }) => total + sum((n) => (confirmed[n] === 1 && heard[n] === 0 ? 1 : 0)), 0);
  for (let tries = 0; tries < 100 && missed() > 0; tries += 1) await delay(100);
  const twice = (ledger: Uint8Array) => sum((index) => ((ledger[index] ?? 0) > 1 ? 1 : 0));
  const report: OursReport = {
    calls,
    answered,
    wrong,
    failed,
    hung,
    runTwice: servers.reduce((total, { ran }) => total + twice(ran), 0),
    runByBoth: sum((id) => (servers.every(({ ran }) => (ran[id] ?? 0) > 0) ? 1 : 0)),
    repeatsRefused,
    fanouts,
    fanoutsFailed: Object.values(fanoutsFailed).reduce((total, each) => total + each, 0),
    fanoutsMissed: missed(),
    fanoutsTwice: servers.reduce((total, { heard }) => total + twice(heard), 0),
    connectionsLost,
    heapBefore,
    heapAfter,
  };
  process.send?.({ report });
  await client.close();
  await Promise.all(servers.map(({ server }) => server.stop({ drainMs: 1_000 })));
  await Promise.all([transport, ...servers.map((each) => each.transport)].map((each) => each.close()));
  process.disconnect();
}

process.once('disconnect', () => process.exit());
process.on('message', (message) => {
  void (message === 'measure' ? measure() : end()); // an error of these ends the process, which is told
});
process.send?.({ ready: true });
