import { countArrivals } from './arrivals.ts';
import { type Broker, startOwnBroker, useForeignBroker } from './broker.ts';
import { CallTally } from './call-tally.ts';
import { ConnectionWatch } from './connection-watch.ts';
import { Cuts } from './cuts.ts';
import { type Figures, figuresOf } from './figures.ts';
import { runLoad } from './load.ts';
import type { DemoOptions } from './options.ts';
import { callFromPython } from './python-client.ts';
import { count, describeCut, duration } from './report.ts';
import { type Service, startService } from './service.ts';
import type { Terminal } from './terminal.ts';

const CUTS = 2;
const DEADLINE_MS = 10_000;
// Longer than a call may take: nobody is there any more.
const STALL_MS = 12_000;
const PROGRESS_MS = 100;

/**
 * Runs the whole demo and closes all that it opened.
 * @param signal ends the load early; what runs is awaited, and the figures are those so far.
 * @throws the tooling's and the transport's errors when there is no broker to be had; `signal.reason` before the load.
 */
export async function runDemo(options: DemoOptions, terminal: Terminal, signal: AbortSignal): Promise<Figures> {
  const broker = await untilAborted(findBroker(options, terminal), signal);
  try {
    const tally = new CallTally();
    const watch = new ConnectionWatch();
    const cuts = new Cuts({
      broker,
      watch,
      times: CUTS,
      calls: options.calls,
      onCut: (cut, number) => terminal.line(labelled(terminal, `cut ${number}`, describeCut(cut))),
    });
    const startedAt = performance.now();
    const service = await untilAborted(
      startService({
        broker,
        watch,
        oslo: options.oslo,
        onAnswersChange: (open) => (open ? cuts.answersBack() : cuts.answersLost(tally.inFlight)),
      }),
      signal,
    );
    try {
      introduce(service, broker, options, terminal, performance.now() - startedAt);
      return await measure({ options, terminal, signal, broker, tally, watch, cuts, service });
    } finally {
      await service.close();
    }
  } finally {
    await broker[Symbol.asyncDispose]();
  }
}

interface Parts {
  readonly options: DemoOptions;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly broker: Broker;
  readonly tally: CallTally;
  readonly watch: ConnectionWatch;
  readonly cuts: Cuts;
  readonly service: Service;
}

async function measure({ options, terminal, signal, broker, tally, watch, cuts, service }: Parts): Promise<Figures> {
  const { calls, concurrency } = options;
  const { client, hosts, target, oddities } = service;
  const startedAt = performance.now();
  let answeredAt = startedAt;
  const stalled = new AbortController();
  const ticker = setInterval(() => {
    const now = performance.now();
    if (now - answeredAt > STALL_MS) stalled.abort();
    const perSecond = Math.round((tally.ended * 1000) / (now - startedAt));
    const text = signal.aborted ? '; draining' : `, ${tally.inFlight} waiting`;
    terminal.progress({ ended: tally.ended, calls, perSecond, text });
  }, PROGRESS_MS);
  try {
    const sent = await runLoad({
      client,
      hosts,
      calls,
      concurrency,
      tally,
      deadlineMs: DEADLINE_MS,
      mayBegin: (call) => cuts.mayBegin(call),
      onAnswer: () => {
        answeredAt = performance.now();
        cuts.answered();
      },
      onEnded: (ended) => cuts.callEnded(ended),
      signal: AbortSignal.any([signal, stalled.signal]),
    });
    const seconds = (performance.now() - startedAt) / 1000;
    await cuts.end();
    const counts = await countArrivals(client, hosts, sent, stalled.signal);
    const fromPython = options.oslo && !signal.aborted;
    const python = fromPython ? await callFromPython({ ...target, url: broker.url }, hosts[0] ?? '') : undefined;
    return figuresOf({
      broker: { host: broker.host, startedForThisRun: broker.startedForThisRun },
      seconds,
      concurrency,
      planned: calls,
      deadlineMs: DEADLINE_MS,
      tally,
      sent,
      counts,
      python,
      repeats: { publishedAgain: watch.publishRepeated, ...oddities },
      cuts: cuts.records,
      connections: watch.connections,
      interrupted: signal.aborted,
      stalled: stalled.signal.aborted,
    });
  } finally {
    clearInterval(ticker);
    terminal.done();
  }
}

async function findBroker({ url }: DemoOptions, terminal: Terminal): Promise<Broker> {
  if (url !== undefined) {
    const broker = await useForeignBroker(url);
    terminal.line(labelled(terminal, 'broker', `RabbitMQ at ${broker.host}, yours`));
    return broker;
  }
  const startedAt = performance.now();
  const show = (): void => {
    const seconds = Math.floor((performance.now() - startedAt) / 1000);
    terminal.status(labelled(terminal, 'broker', `starting a RabbitMQ for this run, ${seconds} s …`));
  };
  const ticker = setInterval(show, 1000);
  show();
  try {
    const broker = await startOwnBroker();
    const took = duration(performance.now() - startedAt);
    terminal.done();
    terminal.line(labelled(terminal, 'broker', `RabbitMQ at ${broker.host}, started for this run in ${took}`));
    return broker;
  } finally {
    clearInterval(ticker);
    terminal.done();
  }
}

function introduce(
  { hosts }: Service,
  broker: Broker,
  { calls, concurrency }: DemoOptions,
  terminal: Terminal,
  tookMs: number,
): void {
  const lines: [string, string][] = [
    ['servers', `${hosts.join(', ')}; started with a client in ${duration(tookMs)}`],
    ['load', `${count(calls)} calls, ${count(concurrency)} at a time, with casts and fanouts among them`],
    ['cuts', `every connection is cut twice on the way, by ${broker.cutBy}`],
  ];
  for (const [name, text] of lines) terminal.line(labelled(terminal, name, text));
  terminal.line('');
}

function labelled({ paint }: Terminal, name: string, text: string): string {
  return `  ${paint('dim', name.padEnd(10))} ${text}`;
}

/** What was begun goes on when the signal fires first; whoever calls ends the process then. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
