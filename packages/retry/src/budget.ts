import type { Budget } from './budget-rules.js';
import { type Clock, systemClock } from './clock.js';
import { between, check, number } from './validate.js';

export type { Budget } from './budget-rules.js';

/** Options of {@link ratioBudget}. */
export interface RatioBudgetOptions {
  /** Retries allowed for each call: 0.2, the default, is one retry for five calls. From 0 to 1000. */
  readonly ratio?: number | undefined;
  /** Retries allowed per second whatever the number of calls, so that a quiet client can retry too. Default 10. */
  readonly minPerSecond?: number | undefined;
  /** How long a call counts. From 1000 to 60 000, default 10 000. */
  readonly ttlMs?: number | undefined;
  /** Where time comes from. Default: the system's. */
  readonly clock?: Clock | undefined;
}

/** A {@link Budget} that tells what is left of it. */
export interface MeasuredBudget extends Budget {
  /** Retries that may be made now. */
  readonly balance: number;
}

/** Whole numbers, so that a fifth and a fifth and a fifth … is one: a call brings this much in. */
const scale = 1000;
/** The time that a call counts is kept in this many pieces, and a piece is forgotten as a whole. */
const slices = 10;

/**
 * Retries in proportion to calls, as Finagle's RetryBudget: every call brings `ratio` of a retry in, for `ttlMs`, and
 * `minPerSecond` come on top. In an outage, when all calls fail, the server sees at most 1 + `ratio` times its load.
 *
 * @throws RetryError
 */
export function ratioBudget(options: RatioBudgetOptions = {}): MeasuredBudget {
  const { ratio = 0.2, minPerSecond = 10, ttlMs = 10_000, clock = systemClock } = options;
  between('ratio', ratio, 0, 1000);
  number('minPerSecond', minPerSecond);
  between('ttlMs', ttlMs, 1000, 60_000);
  // What a retry costs, in the unit in which a call brings in `scale`; of a ratio of 0 only the reserve is left.
  const deposit = ratio === 0 ? 0 : scale;
  const cost = ratio === 0 ? scale : Math.max(1, Math.trunc(scale / ratio));
  const reserve = Math.trunc((minPerSecond * ttlMs) / 1000) * cost;
  const sliceMs = ttlMs / slices;
  const amounts = new Array<number>(slices).fill(0);
  let current = Math.floor(clock.now() / sliceMs);

  const add = (amount: number): void => {
    forget();
    amounts[current % slices] = (amounts[current % slices] as number) + amount;
  };
  const forget = (): void => {
    const now = Math.floor(clock.now() / sliceMs);
    // After a long silence every piece is forgotten once.
    for (let slice = Math.max(current, now - slices) + 1; slice <= now; slice++) amounts[slice % slices] = 0;
    current = Math.max(current, now);
  };
  const left = (): number => {
    forget();
    return amounts.reduce((sum, amount) => sum + amount, reserve);
  };
  return {
    get balance() {
      return Math.max(0, Math.floor(left() / cost));
    },
    called: () => add(deposit),
    succeeded() {},
    failed() {},
    withdraw() {
      if (left() < cost) return false;
      add(-cost);
      return true;
    },
    refund: () => add(cost),
  };
}

/** Options of {@link throttleBudget}. */
export interface ThrottleBudgetOptions {
  /** The tokens at the start, and the most there can be. Above 0, up to 1000. Retries are made while more than half are left. */
  readonly maxTokens: number;
  /** What a success brings in; a failure takes 1. Above 0. Three decimals are kept. */
  readonly tokenRatio: number;
}

/**
 * Retry throttling as gRPC's proposal A6: each failed attempt takes one token, each success brings `tokenRatio` back, and
 * nothing is retried while half of `maxTokens` or less is left.
 *
 * @throws RetryError
 */
export function throttleBudget({ maxTokens, tokenRatio }: ThrottleBudgetOptions): MeasuredBudget {
  between('maxTokens', maxTokens, 0, 1000);
  check(maxTokens > 0, 'maxTokens', maxTokens, 'more than zero');
  number('tokenRatio', tokenRatio);
  const gain = Math.trunc(tokenRatio * scale);
  check(gain > 0, 'tokenRatio', tokenRatio, '0.001 or more');
  const full = Math.round(maxTokens * scale);
  let tokens = full;
  return {
    get balance() {
      return Math.max(0, Math.ceil((tokens - full / 2) / scale));
    },
    called() {},
    succeeded() {
      tokens = Math.min(full, tokens + gain);
    },
    failed() {
      tokens = Math.max(0, tokens - scale);
    },
    withdraw: () => tokens > full / 2,
    refund() {},
  };
}
