import { readFileSync } from 'node:fs';

/** `intervals`: kombu's sequence of waits, in seconds. */
export interface IntervalsCase {
  readonly kind: 'intervals';
  readonly id: string;
  readonly in: {
    readonly interval_start: number;
    readonly interval_step: number;
    readonly interval_max: number;
    readonly take: number;
  };
  readonly out: { readonly intervals: readonly number[] };
}

/** `retry_over_time`: kombu's retry function. */
export interface RetryOverTimeCase {
  readonly kind: 'retry_over_time';
  readonly id: string;
  readonly in: {
    readonly max_retries: number | null;
    readonly interval_start: number;
    readonly interval_step: number;
    readonly interval_max: number;
    readonly succeeds_on_attempt: number | null;
  };
  readonly out: { readonly attempts: number; readonly result: 'ok' | 'raised'; readonly total_sleep: number };
}

interface RabbitOptions {
  readonly rabbit_retry_interval: number;
  readonly rabbit_retry_backoff: number;
  readonly rabbit_interval_max: number;
  readonly kombu_reconnect_delay: number;
}

type Event = readonly [name: string] | readonly [name: string, value: number | string];

/** `initial_connect`: oslo.messaging's first connection. */
export interface InitialConnectCase {
  readonly kind: 'initial_connect';
  readonly id: string;
  readonly in: {
    readonly options: RabbitOptions;
    readonly hosts: readonly string[];
    readonly retry: number | null;
    readonly connect_failures: number;
  };
  readonly out: { readonly connected: boolean; readonly connect_attempts: number; readonly events: readonly Event[] };
}

/** `ensure`: an operation on a connection that is lost, and made again, by oslo.messaging. */
export interface EnsureCase {
  readonly kind: 'ensure';
  readonly id: string;
  readonly in: {
    readonly options: RabbitOptions;
    readonly hosts: readonly string[];
    readonly retry: number | null;
    readonly operation_failures: number;
    readonly connect_failures_after_each_operation_failure: number;
  };
  readonly out: {
    readonly error?: { readonly class: string };
    readonly operation_attempts: number;
    readonly connect_attempts: number;
    readonly events: readonly Event[];
  };
}

/** `ensure_error`: which errors oslo.messaging retries. */
export interface EnsureErrorCase {
  readonly kind: 'ensure_error';
  readonly id: string;
  readonly in: {
    readonly options: RabbitOptions;
    readonly error: string;
    readonly retry: number | null;
    readonly operation_failures: number;
  };
  readonly out: {
    readonly error?: { readonly class: string };
    readonly operation_attempts: number;
    readonly events: readonly Event[];
  };
}

type Case = IntervalsCase | RetryOverTimeCase | InitialConnectCase | EnsureCase | EnsureErrorCase;

const { cases } = JSON.parse(readFileSync(new URL('./fixtures/retry-intervals.json', import.meta.url), 'utf8')) as {
  cases: readonly Case[];
};

/** The vectors of one kind. */
export function vectors<K extends Case['kind']>(kind: K): readonly Extract<Case, { kind: K }>[] {
  return cases.filter((each): each is Extract<Case, { kind: K }> => each.kind === kind);
}

/** What happened, in order: tries by name, and the waits between them in milliseconds, adjacent ones added up. */
export function timeline(events: readonly Event[], tries: readonly string[]): (string | number)[] {
  const line: (string | number)[] = [];
  for (const [name, value] of events) {
    if (tries.includes(name)) line.push(name);
    if (name.startsWith('sleep_')) addWait(line, Number(value) * 1000);
  }
  return line;
}

/** Adds a wait to a timeline. No wait at all leaves no trace. */
export function addWait(line: (string | number)[], ms: number): void {
  const last = line.at(-1);
  if (typeof last === 'number') line[line.length - 1] = last + ms;
  else if (ms > 0) line.push(ms);
}
