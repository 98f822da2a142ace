import type { Broker } from './broker.ts';
import type { CallFigures, CallTally } from './call-tally.ts';
import type { Counts } from './compute-contract.ts';
import type { WatchedConnection } from './connection-watch.ts';
import type { Cut } from './cuts.ts';
import type { Sent } from './load.ts';
import type { PythonFinding } from './python-client.ts';
import type { Heard } from './resize-notifications.ts';

/** What was sent without awaiting an answer, and what the servers have of it. */
export interface CastFigures {
  /** Confirmed by the broker. */
  readonly sent: number;
  /** How many the servers that were heard from should have: a fanout counts for each. */
  readonly due: number;
  /** Received and done, by the servers' own counts; each request id once. */
  readonly done: number;
  readonly missing: number;
  /** Done more often than sent: by a server that does not look at ids. */
  readonly twice: number;
}

/** Repeats are no fault: at every cut something is sent or delivered again, and has to be told from what is new. */
export interface RepeatFigures {
  /** Messages published again, because their confirm was lost with a connection. */
  readonly publishedAgain: number;
  /** Requests that came again, and were not run again. */
  readonly filtered: number;
  /** Requests that a server gave back, because its connection went before it could acknowledge them. */
  readonly givenBack: number;
  /** Replies that came again, or to a call that had ended. */
  readonly repliesIgnored: number;
}

/** Everything that a run of the demo found out. */
export interface Figures {
  readonly broker: Pick<Broker, 'host' | 'kind'>;
  readonly servers: readonly string[];
  readonly seconds: number;
  /** From the start of this process to its first answered call, the building of packages included; null without one. */
  readonly firstAnswerMs: number | null;
  readonly concurrency: number;
  readonly calls: CallFigures & {
    readonly planned: number;
    readonly perSecond: number;
    readonly deadlineMs: number;
    /** By how many ms the latest call ended after its deadline; 0: none did. */
    readonly afterDeadlineMs: number;
    readonly byMethod: Readonly<Record<string, CallFigures>>;
  };
  readonly reboots: CastFigures;
  readonly refreshes: CastFigures;
  /** Of resizes, by the servers; `done` is heard, by the listener beside the client. */
  readonly notifications: CastFigures;
  /** Calls given up by their caller, and how many of these the servers ended, or did not begin. No fault if fewer: a call can be given up before it is sent. */
  readonly cancels: { readonly byCaller: number; readonly atServers: number };
  /** How long the methods of all servers took together, as far as the servers say. */
  readonly workSeconds: number;
  /** Casts and fanouts that the broker did not confirm; whoever sent them was told. */
  readonly castsNotSent: number;
  readonly repeats: RepeatFigures;
  readonly cuts: readonly Cut[];
  readonly connections: readonly { readonly name: string; readonly reconnects: number }[];
  /** What a Python client found; null when none was asked to. */
  readonly python: PythonFinding | null;
  /** Facts besides, as sentences. */
  readonly notes: readonly string[];
  readonly interrupted: boolean;
  /** What was lost, as sentences. */
  readonly lost: readonly string[];
  readonly nothingLost: boolean;
}

/** What the figures are computed from. */
export interface Findings
  extends Pick<Figures, 'broker' | 'seconds' | 'firstAnswerMs' | 'concurrency' | 'repeats' | 'cuts' | 'interrupted'> {
  readonly planned: number;
  readonly deadlineMs: number;
  readonly tally: CallTally;
  readonly sent: Sent;
  /** By server; `undefined` for one that did not answer when asked. */
  readonly counts: ReadonlyMap<string, Counts | undefined>;
  readonly heard: Readonly<Heard>;
  readonly connections: readonly Readonly<WatchedConnection>[];
  readonly python: PythonFinding | undefined;
  readonly stalled: boolean;
}

// A deadline is a timer; on a busy machine it fires when the event loop gets to it.
const TIMER_SLACK_MS = 1_000;

/** The figures, and the verdict. */
export function figuresOf(findings: Findings): Figures {
  const { tally, sent, counts, planned, deadlineMs, seconds, cuts } = findings;
  const calls = tally.figures();
  const servers = [...counts.keys()];
  // Of a server that does not say, nothing is known: that is told once, and not as so many missing casts.
  const told = [...counts.values()].filter((each) => each !== undefined);
  const reboots = castFigures(
    sum(sent.reboots.values()),
    told.map(({ host, rebooted }) => [sent.reboots.get(host) ?? 0, rebooted]),
  );
  const refreshes = castFigures(
    sent.refreshes,
    told.map(({ refreshed }) => [sent.refreshes, refreshed]),
  );
  const figures: Omit<Figures, 'lost' | 'nothingLost'> = {
    broker: findings.broker,
    servers,
    seconds,
    firstAnswerMs: findings.firstAnswerMs,
    concurrency: findings.concurrency,
    calls: {
      ...calls,
      planned,
      perSecond: Math.round(calls.sent / seconds),
      deadlineMs,
      afterDeadlineMs: Math.max(0, Math.round(tally.latestMs)),
      byMethod: Object.fromEntries(tally.methods.map((method) => [method, tally.figures(method)])),
    },
    reboots,
    refreshes,
    notifications: notificationFigures(sum(told.map(({ notified = 0 }) => notified)), findings.heard),
    cancels: { byCaller: calls.cancelledAsMeant, atServers: sum(told.map(({ cancelled = 0 }) => cancelled)) },
    workSeconds: sum(told.map(({ busy_ms = 0 }) => busy_ms)) / 1000,
    castsNotSent: sent.notSent,
    repeats: {
      ...findings.repeats,
      // What the RPC layer let pass, the methods themselves have told apart.
      filtered: findings.repeats.filtered + sum(told.map(({ repeated = 0 }) => repeated)),
    },
    cuts,
    connections: findings.connections.map(({ name, reconnects }) => ({ name, reconnects })),
    python: findings.python ?? null,
    notes: tally.surprises,
    interrupted: findings.interrupted,
  };
  const lost = [
    ...lostIn(figures),
    ...servers.filter((host) => counts.get(host) === undefined).map((host) => `${host} did not say what it received`),
    ...findings.connections.filter(({ open }) => !open).map(({ name }) => `the connection '${name}' did not come back`),
    ...(findings.python?.answered === false ? ['a Python client did not get its answer'] : []),
    ...(findings.stalled ? ['no call was answered any more, and the load was ended early'] : []),
  ];
  return { ...figures, lost, nothingLost: lost.length === 0 };
}

function castFigures(sent: number, perServer: readonly (readonly [due: number, done: number])[]): CastFigures {
  return {
    sent,
    due: sum(perServer.map(([due]) => due)),
    done: sum(perServer.map(([, done]) => done)),
    missing: sum(perServer.map(([due, done]) => Math.max(0, due - done))),
    twice: sum(perServer.map(([due, done]) => Math.max(0, done - due))),
  };
}

function notificationFigures(sent: number, { resizes, again }: Readonly<Heard>): CastFigures {
  return { sent, due: sent, done: resizes + again, missing: Math.max(0, sent - resizes), twice: again };
}

function lostIn({
  calls,
  reboots,
  refreshes,
  notifications,
  castsNotSent,
}: Omit<Figures, 'lost' | 'nothingLost'>): string[] {
  const facts: readonly [number, string][] = [
    [calls.pending, 'calls that did not end at all'],
    [calls.wrong, 'calls that ended with a wrong answer, or an error that was not meant'],
    [calls.notSent, 'calls that could not be handed to the broker (their callers were told)'],
    [castsNotSent, 'casts that could not be handed to the broker (their callers were told)'],
    [reboots.missing, 'reboots that did not reach their server'],
    [refreshes.missing, 'refreshes that did not reach a server'],
    [notifications.missing, 'notifications that did not reach their listener'],
    [
      calls.afterDeadlineMs > TIMER_SLACK_MS ? calls.afterDeadlineMs : 0,
      'milliseconds between a deadline and the end of its call',
    ],
  ];
  return facts.filter(([count]) => count > 0).map(([count, what]) => `${what}: ${count}`);
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, number) => total + number, 0);
}
