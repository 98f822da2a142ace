import type { CallFigures } from './call-tally.ts';
import type { Cut } from './cuts.ts';
import type { Figures } from './figures.ts';
import { formatTable } from './table.ts';

/** Colours a text, or leaves it. */
export type Paint = (style: 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan', text: string) => string;

/** A number with its thousands apart. */
export function count(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** A time as people read it: `9.4 ms`, `240 ms`, `1.2 s`. */
export function duration(ms: number | null): string {
  if (ms === null) return 'never';
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** One cut in a line. */
export function describeCut({ kind, connections, callsWaiting, firstAnswerMs, allBackMs }: Cut): string {
  const waiting = callsWaiting === 1 ? '1 call waiting' : `${count(callsWaiting)} calls waiting`;
  const back =
    firstAnswerMs === null ? `all back after ${duration(allBackMs)}` : `answers again after ${duration(firstAnswerMs)}`;
  const cut = kind === 'mid-frame' ? `${connections} cut in mid-frame` : `${connections} connections cut`;
  return `${cut}, ${waiting}; ${back}`;
}

/** The tables and the verdict, no line longer than 80 columns. */
export function formatReport(figures: Figures, paint: Paint): string {
  const parts = [callTable, castTable, cutTable, factLines, verdict].map((part) => part(figures, paint));
  return `\n${parts.filter((part) => part !== '').join('\n\n')}\n\n`;
}

function callTable({ calls }: Figures, paint: Paint): string {
  const latency = (ms: number | null): string => (ms === null ? '-' : duration(ms));
  const unmeant = ({ wrong, notSent, pending }: CallFigures): number => wrong + notSent + pending;
  const row = (name: string, of: CallFigures): string[] => [
    name,
    count(of.sent),
    count(of.answered),
    count(of.failedAsMeant + of.refusedAsMeant),
    count(of.cancelledAsMeant),
    count(of.timedOut),
    count(unmeant(of)),
    latency(of.p50Ms),
    latency(of.p99Ms),
  ];
  const rows = Object.entries(calls.byMethod).map(([name, of]) => row(name, of));
  const head = ['calls', 'sent', 'answered', 'failed', 'cancelled', 'timed out', 'lost', 'p50', 'p99'];
  return formatTable(head, rows, paint, row('all', calls));
}

function castTable({ reboots, refreshes, notifications, servers }: Figures, paint: Paint): string {
  const head = ['one way', 'sent', 'due', 'done', 'done again', 'lost'];
  const row = (name: string, { sent, due, done, missing, twice }: Figures['reboots']): string[] => [
    name,
    ...[sent, due, done - twice, twice, missing].map(count),
  ];
  return formatTable(
    head,
    [
      row('reboot, to one server', reboots),
      row(`refresh, to all ${servers.length}`, refreshes),
      row('resize.end, a notification', notifications),
    ],
    paint,
  );
}

function cutTable({ cuts }: Figures, paint: Paint): string {
  if (cuts.length === 0) return '';
  const head = ['cuts', 'connections', 'calls waiting', 'first answer after', 'all back after'];
  const rows = cuts.map(({ kind, connections, callsWaiting, firstAnswerMs, allBackMs }, index) => [
    `${index + 1} ${kind}`,
    count(connections),
    count(callsWaiting),
    firstAnswerMs === null ? '-' : duration(firstAnswerMs),
    duration(allBackMs),
  ]);
  return formatTable(head, rows, paint);
}

type Fact = [name: string, text: string];

function factLines(figures: Figures, paint: Paint): string {
  const { python, connections, repeats, notes, calls, cancels, seconds, workSeconds, firstAnswerMs } = figures;
  const times = connections.map(({ reconnects }) => reconnects);
  const total = times.reduce((sum, each) => sum + each, 0);
  const each = [...new Set(times)].sort((a, b) => a - b).join(' to ');
  const facts: Fact[] = [
    ...(firstAnswerMs === null ? [] : [['first call', `answered ${duration(firstAnswerMs)} after the start`] as Fact]),
    [
      'load',
      `${count(calls.sent)} calls in ${seconds.toFixed(1)} s: ${count(calls.perSecond)} each second; methods took ${count(Math.round(workSeconds))} s`,
    ],
    [
      'cancels',
      `${count(cancels.byCaller)} calls given up by their caller; servers ended ${count(cancels.atServers)} of them`,
    ],
    ['reconnects', `${total}: ${each} for each of ${connections.length} connections`],
    [
      'repeats',
      `${repeats.publishedAgain} messages sent again, ${repeats.givenBack} requests given back to the broker;`,
    ],
    ['', `of what came twice, ${repeats.filtered} requests and ${repeats.repliesIgnored} replies were filtered`],
    ...(python === null ? [] : [['python', python.text] as Fact]),
    ...notes.map((note): Fact => ['note', note]),
  ];
  return facts.map(([name, text]) => `  ${paint('dim', name.padEnd(10))} ${text}`).join('\n');
}

function verdict(
  { lost, nothingLost, interrupted, calls, reboots, refreshes, notifications }: Figures,
  paint: Paint,
): string {
  const early = interrupted
    ? `  ${paint('yellow', 'Ended early')} by your signal; this is what had been sent by then.\n`
    : '';
  if (!nothingLost) {
    return `${early}  ${paint('red', 'SOMETHING WAS LOST')}\n${lost.map((each) => `  - ${each}`).join('\n')}`;
  }
  const late = calls.timedOut === 0 ? '' : `\n  or timed out by its deadline (${calls.timedOut}),`;
  return [
    `${early}  ${paint('green', 'nothing lost')}: each of ${count(calls.sent)} calls was answered, failed or cancelled as meant,${late}`,
    `  each of ${count(reboots.due)} reboots reached its server, each refresh every server (${count(refreshes.due)}),`,
    `  and each of ${count(notifications.due)} notifications its listener.`,
  ].join('\n');
}
