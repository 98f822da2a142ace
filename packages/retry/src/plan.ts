import { startBackoff } from './backoff.js';
import type { Random } from './jitter.js';
import { type RetryPolicy, resolvePolicy } from './policy.js';
import { PolicySession } from './session.js';
import { between, check, number } from './validate.js';

/** One attempt of a {@link plan}. */
export interface PlannedAttempt {
  /** 1 for the first. */
  readonly attempt: number;
  /** The wait before it, as drawn for this plan. */
  readonly delayMs: number;
  /** The shortest and the longest that the wait can be, given any chance. */
  readonly minMs: number;
  readonly maxMs: number;
  /** When it begins, as drawn for this plan, from the beginning of the first. */
  readonly atMs: number;
  /** The earliest and the latest that it can begin. */
  readonly earliestMs: number;
  readonly latestMs: number;
}

/** Options of {@link plan}. */
export interface PlanOptions {
  /** How many attempts to show at most; a policy may be without end. Default 20. */
  readonly attempts?: number | undefined;
  /** How long each attempt takes until it fails. Default 0. */
  readonly attemptMs?: number | undefined;
  /** The chance that the waits are drawn with. Default: the policy's, or in its absence the middle of all bounds. */
  readonly random?: Random | undefined;
}

const largestDraw = 1 - 2 ** -53;

/**
 * The attempts that a policy makes if all of them fail and no server asks for time, with the bounds of each wait. Nothing is
 * waited for. Bounds are exact for the backoffs of this package; any other backoff is shown as it is, and is read from its
 * beginning: a generator object is spent by it. Budgets are left out.
 *
 * @throws RetryError
 */
export function plan(policy: RetryPolicy = {}, options: PlanOptions = {}): readonly PlannedAttempt[] {
  const { attempts = 20, attemptMs = 0, random = policy.random ?? ((): number => 0.5) } = options;
  number('attempts', attempts, 1);
  check(attempts % 1 === 0, 'attempts', attempts, 'a whole number');
  number('attemptMs', attemptMs);
  const resolved = resolvePolicy({ ...policy, random, budget: undefined, retryAfter: undefined });
  const restarts = resolved.backoff.start !== undefined || Array.isArray(resolved.backoff);
  // A backoff that cannot be told its chance may not be startable twice either: then its waits are their own bounds.
  const bounds = [0, largestDraw].map((value) => (restarts ? startBackoff(resolved.backoff, () => value) : undefined));
  const session = new PolicySession(resolved, 0);
  const rows: PlannedAttempt[] = [];
  let row: PlannedAttempt = { attempt: 1, delayMs: 0, minMs: 0, maxMs: 0, atMs: 0, earliestMs: 0, latestMs: 0 };
  try {
    for (;;) {
      session.begin();
      rows.push(Object.freeze(row));
      if (rows.length === attempts) break;
      session.failed(undefined);
      const delayMs = session.next(row.atMs + attemptMs);
      if (typeof delayMs === 'string') break;
      const waits = session.attempts % resolved.hosts === 0;
      const [minMs, maxMs] = bounds.map((delays) => (waits && delays ? (delays.next().value as number) : delayMs)) as [
        number,
        number,
      ];
      row = {
        attempt: row.attempt + 1,
        delayMs,
        minMs,
        maxMs,
        atMs: row.atMs + attemptMs + delayMs,
        earliestMs: row.earliestMs + attemptMs + minMs,
        latestMs: row.latestMs + attemptMs + maxMs,
      };
    }
  } finally {
    session.end();
    for (const delays of bounds) delays?.return?.();
  }
  return Object.freeze(rows);
}

/** Options of {@link planText} and {@link planSvg}. */
export interface PictureOptions extends PlanOptions {
  /** Columns of the bar in a text (default 50), pixels of the whole picture in an SVG (default 640). */
  readonly width?: number | undefined;
}

/**
 * A {@link plan} as lines of text: of each attempt when it begins, the bounds of the wait before it, and a bar from the
 * earliest to the latest that it can begin, on one scale, with `●` where it does in this plan.
 *
 * @throws RetryError
 */
export function planText(policy: RetryPolicy = {}, options: PictureOptions = {}): string {
  const { width = 50 } = options;
  between('width', width, 10, 1000);
  const rows = plan(policy, options);
  const column = scaleOf(rows, Math.floor(width) - 1);
  const cells = rows.map(({ attempt, delayMs, minMs, maxMs, atMs }) => [
    `${attempt}`,
    duration(atMs),
    minMs === maxMs ? duration(delayMs) : `${duration(minMs)}–${duration(maxMs)}`,
  ]);
  const widths = [0, 1, 2].map((index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)));
  return rows
    .map((row, index) => {
      const [from, to, at] = [row.earliestMs, row.latestMs, row.atMs].map(column) as [number, number, number];
      const bar = `${' '.repeat(from)}${'─'.repeat(at - from)}●${'─'.repeat(to - at)}`;
      return `${cells[index]?.map((cell, n) => cell.padStart(widths[n] ?? 0)).join('  ')}  ${bar}`;
    })
    .join('\n');
}

/**
 * A {@link plan} as an SVG picture for a page: a row for each attempt, a bar from the earliest to the latest that it can begin,
 * and a dot where it does in this plan. It has no script, no style sheet and no reference to anything outside itself.
 *
 * @throws RetryError
 */
export function planSvg(policy: RetryPolicy = {}, options: PictureOptions = {}): string {
  const { width = 640 } = options;
  between('width', width, 200, 10_000);
  const rows = plan(policy, options);
  const rowHeight = 22;
  const left = 150;
  const x = scaleOf(rows, width - left - 15);
  const lines = rows.map((row, index) => {
    const y = 15 + index * rowHeight;
    const [from, to, at] = [row.earliestMs, row.latestMs, row.atMs].map((ms) => left + x(ms)) as [
      number,
      number,
      number,
    ];
    return (
      `<text x="5" y="${y + 4}">${row.attempt}</text><text x="${left - 12}" y="${y + 4}" text-anchor="end">${duration(row.atMs)}</text>` +
      `<rect x="${from}" y="${y - 3}" width="${Math.max(1, to - from)}" height="6" rx="3" opacity="0.3"/><circle cx="${at}" cy="${y}" r="5"/>`
    );
  });
  const height = rows.length * rowHeight + 8;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12" fill="currentColor" role="img" aria-label="Retry plan of ${rows.length} attempts">${lines.join('')}</svg>\n`;
}

/** Places times on a line of `length` columns or pixels. */
function scaleOf(rows: readonly PlannedAttempt[], length: number): (ms: number) => number {
  const latestMs = Math.max(1, ...rows.map((row) => row.latestMs));
  return (ms) => Math.round((ms / latestMs) * length);
}

/** Milliseconds in a unit that can be read: 250 ms, 1.5 s, 2 min, 3 h. */
function duration(ms: number): string {
  const short = (value: number): string => `${Number(value.toPrecision(3))}`;
  if (ms < 999.5) return `${short(ms)} ms`;
  if (ms < 59_950) return `${short(ms / 1000)} s`;
  return ms < 3_597_000 ? `${short(ms / 60_000)} min` : `${short(ms / 3_600_000)} h`;
}
