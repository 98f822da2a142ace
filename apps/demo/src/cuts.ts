import type { Broker, CutKind } from './broker.ts';
import type { ConnectionWatch } from './connection-watch.ts';

/** One time that all connections were cut. */
export interface Cut {
  readonly kind: CutKind;
  /** Connections that were closed. */
  readonly connections: number;
  /** Calls that were waiting for their answer at that moment. */
  readonly callsWaiting: number;
  /** From the loss of the connection that brings the answers to the first answer; null: none came. */
  readonly firstAnswerMs: number | null;
  /** From the same moment until every connection was open again; null: one did not come back. */
  readonly allBackMs: number | null;
}

/** What cutting needs. */
export interface CutsOptions {
  readonly broker: Pick<Broker, 'cut'>;
  readonly watch: Pick<ConnectionWatch, 'restored'>;
  /** How many cuts. */
  readonly times: number;
  /** Of how many calls; the cuts divide them evenly. */
  readonly calls: number;
  readonly onCut: (cut: Cut, number: number) => void;
}

// Reconnecting pauses for fractions of a second; what is not back after this is not coming.
const RESTORED_MS = 20_000;

/** Cuts all connections at set points of the load, and measures what that does. */
export class Cuts {
  readonly #options: CutsOptions;
  readonly #records: Cut[] = [];
  readonly #waiters = new Set<() => void>();
  #restored = 0;
  #running: Promise<void> | undefined;
  #lost: { readonly at: number; readonly waiting: number; back: boolean; firstAnswerMs: number | null } | undefined;
  #ended = false;
  #error: unknown;

  constructor(options: CutsOptions) {
    this.#options = options;
  }

  get records(): readonly Cut[] {
    return this.#records;
  }

  /** Waits for the cut that must be over before this call begins, so that the next cut finds calls to hit. */
  async mayBegin(call: number): Promise<void> {
    const section = Math.floor((call * (this.#options.times + 1)) / this.#options.calls);
    await this.#until(() => this.#restored >= section - 1);
  }

  /** To be told after each call how many have ended. */
  callEnded(ended: number): void {
    const { calls, times } = this.#options;
    const number = this.#records.length + 1;
    if (this.#ended || this.#running !== undefined || number > times) return;
    if (ended < Math.floor((number * calls) / (times + 1))) return;
    // It never rejects: end() tells.
    this.#running = this.#cut(number);
  }

  /** To be told of every answer. */
  answered(): void {
    // What had been received before the loss may still be on its way through this process.
    if (this.#lost === undefined || !this.#lost.back || this.#lost.firstAnswerMs !== null) return;
    this.#lost.firstAnswerMs = performance.now() - this.#lost.at;
    this.#wake();
  }

  /** To be told when the connection that brings the answers is lost. */
  answersLost(callsWaiting: number): void {
    if (this.#running === undefined) return;
    this.#lost ??= { at: performance.now(), waiting: callsWaiting, back: false, firstAnswerMs: null };
  }

  /** To be told when that connection is open again. */
  answersBack(): void {
    if (this.#lost !== undefined) this.#lost.back = true;
  }

  /** Begins no further cut, and waits for the end of one that runs. @throws what the cutting itself failed with. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#wake();
    await this.#running;
    if (this.#error !== undefined) throw this.#error;
  }

  async #cut(number: number): Promise<void> {
    const { broker, watch, onCut } = this.#options;
    this.#lost = undefined;
    try {
      const { connections, kind } = await broker.cut(number);
      const restored = await watch.restored(number, RESTORED_MS);
      const { lostAt, callsWaiting } = this.#lostFacts();
      const allBackMs = restored ? performance.now() - lostAt : null;
      this.#restored = number;
      this.#wake();
      await this.#until(() => this.#lostFacts().firstAnswerMs !== null);
      const record = { kind, connections, callsWaiting, firstAnswerMs: this.#lostFacts().firstAnswerMs, allBackMs };
      this.#records.push(record);
      onCut(record, number);
    } catch (error) {
      this.#error = error;
      this.#ended = true;
    }
    this.#running = undefined;
    this.#wake();
  }

  #lostFacts(): { lostAt: number; callsWaiting: number; firstAnswerMs: number | null } {
    const lost = this.#lost;
    return {
      lostAt: lost?.at ?? performance.now(),
      callsWaiting: lost?.waiting ?? 0,
      firstAnswerMs: lost?.firstAnswerMs ?? null,
    };
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!this.#ended && !condition()) {
      await new Promise<void>((resolve) => {
        this.#waiters.add(resolve);
      });
    }
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }
}
