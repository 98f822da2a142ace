import { countArrivals } from './arrivals.ts';
import type { Broker } from './broker.ts';
import { CallTally } from './call-tally.ts';
import { startHost } from './compute-host.ts';
import { ConnectionWatch } from './connection-watch.ts';
import { Cuts } from './cuts.ts';
import { type Figures, figuresOf } from './figures.ts';
import { findBroker } from './find-broker.ts';
import { joinService } from './join-service.ts';
import { runLoad } from './load.ts';
import type { RunOptions } from './options.ts';
import { callFromPython } from './python-client.ts';
import { count, describeCut, duration } from './report.ts';
import { startHostProcess } from './separate-processes.ts';
import { type Service, type ServiceOptions, startService } from './service.ts';
import { labelled, type Terminal } from './terminal.ts';
import { untilAborted } from './until-aborted.ts';

const CUTS = 2;
const DEADLINE_MS = 10_000;
// Longer than a call may take: nobody is there any more.
const STALL_MS = 12_000;
const PROGRESS_MS = 100;

/**
 * Runs the whole demo, or its client on servers that run already, and closes all that it opened.
 * @param signal ends the load early; what runs is awaited, and the figures are those so far.
 * @throws the tooling's and the transport's errors when there is no broker to be had; `signal.reason` before the load.
 */
export async function runDemo(options: RunOptions, terminal: Terminal, signal: AbortSignal): Promise<Figures> {
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
      findService(options, {
        broker,
        watch,
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
  readonly options: RunOptions;
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
  const { client, hosts, deafHosts, heard, before, target, oddities } = service;
  const startedAt = performance.now();
  let answeredAt = startedAt;
  let firstAnswerMs: number | null = null;
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
      deafHosts,
      calls,
      concurrency,
      tally,
      deadlineMs: DEADLINE_MS,
      mayBegin: (call) => cuts.mayBegin(call),
      onAnswer: () => {
        // Its zero is the start of this process.
        answeredAt = performance.now();
        firstAnswerMs ??= answeredAt;
        cuts.answered();
      },
      onEnded: (ended) => cuts.callEnded(ended),
      signal: AbortSignal.any([signal, stalled.signal]),
    });
    const seconds = (performance.now() - startedAt) / 1000;
    await cuts.end();
    const counts = await countArrivals(client, hosts, before, sent, heard, stalled.signal);
    const fromPython = options.oslo && !signal.aborted;
    const python = fromPython ? await callFromPython({ ...target, url: broker.url }, hosts[0] ?? '') : undefined;
    return figuresOf({
      broker: { host: broker.host, kind: broker.kind },
      seconds,
      firstAnswerMs,
      concurrency,
      planned: calls,
      deadlineMs: DEADLINE_MS,
      tally,
      sent,
      counts,
      heard,
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

function findService(
  options: RunOptions,
  shared: Pick<ServiceOptions, 'broker' | 'watch' | 'onAnswersChange'>,
): Promise<Service> {
  if (options.part === 'client') return joinService(shared);
  const { oslo, processes } = options;
  return startService({ ...shared, oslo, startHost: processes ? startHostProcess : startHost });
}

function introduce({ hosts }: Service, broker: Broker, options: RunOptions, terminal: Terminal, tookMs: number): void {
  const { calls, concurrency } = options;
  const took = duration(tookMs);
  const apart = options.part === 'whole' && options.processes;
  const started = apart ? `a process each, started in ${took}` : `started with a client in ${took}`;
  const lines: [string, string][] = [
    ['servers', `${hosts.join(', ')}; ${options.part === 'client' ? `found in ${took}` : started}`],
    ['load', `${count(calls)} calls, ${count(concurrency)} at a time, with casts and fanouts among them`],
    ['cuts', broker.cutsInWords],
  ];
  for (const [name, text] of lines) terminal.line(labelled(terminal, name, text));
  terminal.line('');
}
