/** How a call can end. */
export type CallOutcome =
  /** With what was asked for. */
  | 'answered'
  /** With the exception that `fail` raises. */
  | 'failedAsMeant'
  /** With an ArgsValidationError, before anything was sent. */
  | 'refusedAsMeant'
  /** With the reason of the signal by which its caller gave it up. */
  | 'cancelledAsMeant'
  /** With a MessagingTimeoutError. */
  | 'timedOut'
  /** With an error that says that it was not sent, or perhaps not. */
  | 'notSent'
  /** In any other way: another answer than that to the question, another error. */
  | 'wrong';

/** The calls of one method. Latencies in ms, of those that were answered, or failed or were refused as meant; null without any. */
export interface CallFigures extends Readonly<Record<CallOutcome, number>> {
  readonly sent: number;
  /** Sent, and not ended in any way. */
  readonly pending: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
}

/** The value below which this share of the sorted values lies (nearest rank); null for no values. */
export function percentile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}

interface Row {
  sent: number;
  readonly ended: Record<CallOutcome, number>;
  readonly latencies: number[];
}

/** Counts calls, by method. */
export class CallTally {
  readonly #rows = new Map<string, Row>();
  readonly #surprises: string[] = [];
  #inFlight = 0;
  #ended = 0;
  #latestMs = 0;

  get inFlight(): number {
    return this.#inFlight;
  }

  get ended(): number {
    return this.#ended;
  }

  /** The most by which a call ended after its deadline, in ms. */
  get latestMs(): number {
    return this.#latestMs;
  }

  /** The first few errors that were not meant, as sentences. */
  get surprises(): readonly string[] {
    return this.#surprises;
  }

  /** The methods, in the order in which they were first called. */
  get methods(): readonly string[] {
    return [...this.#rows.keys()];
  }

  sent(method: string): void {
    this.#row(method).sent += 1;
    this.#inFlight += 1;
  }

  settled(method: string, outcome: CallOutcome, ms: number, deadlineMs: number, surprise?: string): void {
    const row = this.#row(method);
    row.ended[outcome] += 1;
    if (timed.has(outcome)) row.latencies.push(ms);
    this.#inFlight -= 1;
    this.#ended += 1;
    this.#latestMs = Math.max(this.#latestMs, ms - deadlineMs);
    if (surprise !== undefined && this.#surprises.length < 3) this.#surprises.push(surprise);
  }

  /** The figures of one method, or of all together. */
  figures(method?: string): CallFigures {
    const rows = method === undefined ? [...this.#rows.values()] : [this.#row(method)];
    const sum = (pick: (row: Row) => number): number => rows.reduce((total, row) => total + pick(row), 0);
    const latencies = rows.flatMap((row) => row.latencies).sort((a, b) => a - b);
    const sent = sum((row) => row.sent);
    const ended = Object.fromEntries(outcomes.map((outcome) => [outcome, sum((row) => row.ended[outcome])]));
    return {
      ...(ended as Record<CallOutcome, number>),
      sent,
      pending: sent - sum((row) => outcomes.reduce((total, outcome) => total + row.ended[outcome], 0)),
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
      maxMs: percentile(latencies, 1),
    };
  }

  #row(method: string): Row {
    const row = this.#rows.get(method) ?? {
      sent: 0,
      ended: {
        answered: 0,
        failedAsMeant: 0,
        refusedAsMeant: 0,
        cancelledAsMeant: 0,
        timedOut: 0,
        notSent: 0,
        wrong: 0,
      },
      latencies: [],
    };
    this.#rows.set(method, row);
    return row;
  }
}

const outcomes: readonly CallOutcome[] = [
  'answered',
  'failedAsMeant',
  'refusedAsMeant',
  'cancelledAsMeant',
  'timedOut',
  'notSent',
  'wrong',
];

// How long these took says how fast the service is; the others, how patient their callers are.
const timed: ReadonlySet<CallOutcome> = new Set(['answered', 'failedAsMeant', 'refusedAsMeant']);
