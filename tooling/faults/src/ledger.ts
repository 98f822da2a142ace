interface Entry {
  outcome: 'pending' | 'confirmed' | 'returned' | 'rejected';
  deliveries: number;
}

/** What became of the messages of one load. */
export interface LedgerCounts {
  readonly published: number;
  readonly confirmed: number;
  /** Given back by the broker, and told so by name. */
  readonly returned: number;
  /** Failed within the deadline. */
  readonly rejected: number;
  /** Messages that arrived at least once. */
  readonly delivered: number;
  /** Deliveries beyond the first of a message. */
  readonly duplicated: number;
  /** Confirmed, and never delivered. */
  readonly lost: number;
  /** Neither confirmed nor returned nor rejected, past the deadline. */
  readonly hung: number;
  /** Deliveries of what nobody has published. */
  readonly foreign: number;
}

/** What a gap is measured between. */
export type Milestone = 'confirms' | 'deliveries';

/** Every message of a load, from its publish to its last delivery, and when things happened. */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  readonly #times: Record<Milestone, number[]> = { confirms: [], deliveries: [] };
  readonly #errors = new Map<string, number>();
  readonly #now: () => number;
  #foreign = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  published(id: string): void {
    if (this.#entries.has(id))
      throw new Error(`The load published '${id}' twice; every message needs an id of its own.`);
    this.#entries.set(id, { outcome: 'pending', deliveries: 0 });
  }

  settled(id: string, outcome: 'confirmed' | 'returned'): void {
    this.#settle(id, outcome);
    if (outcome === 'confirmed') this.#times.confirms.push(this.#now());
  }

  rejected(id: string, reason: string): void {
    this.#settle(id, 'rejected');
    this.#errors.set(reason, (this.#errors.get(reason) ?? 0) + 1);
  }

  delivered(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) {
      this.#foreign += 1;
      return;
    }
    entry.deliveries += 1;
    this.#times.deliveries.push(this.#now());
  }

  /** True when every publish has settled. */
  get allSettled(): boolean {
    return this.#every(({ outcome }) => outcome !== 'pending');
  }

  /** True when every confirmed message has arrived. */
  get allArrived(): boolean {
    return this.#every(({ outcome, deliveries }) => outcome !== 'confirmed' || deliveries > 0);
  }

  /** The state of the books; what is lost or hung is so for good only after the load has waited for it. */
  counts(): LedgerCounts {
    const entries = [...this.#entries.values()];
    const count = (matches: (entry: Entry) => boolean): number => entries.filter(matches).length;
    return {
      published: entries.length,
      confirmed: count(({ outcome }) => outcome === 'confirmed'),
      returned: count(({ outcome }) => outcome === 'returned'),
      rejected: count(({ outcome }) => outcome === 'rejected'),
      delivered: count(({ deliveries }) => deliveries > 0),
      duplicated: entries.reduce((sum, { deliveries }) => sum + Math.max(0, deliveries - 1), 0),
      lost: count(({ outcome, deliveries }) => outcome === 'confirmed' && deliveries === 0),
      hung: count(({ outcome }) => outcome === 'pending'),
      foreign: this.#foreign,
    };
  }

  /** Why publishes were rejected, and how many for each reason. */
  get reasons(): ReadonlyMap<string, number> {
    return this.#errors;
  }

  /** The first of these moments at or after `sinceMs`, as a distance from it; Infinity when there is none. */
  firstAfter(what: Milestone, sinceMs: number): number {
    const first = this.#times[what].find((time) => time >= sinceMs);
    return first === undefined ? Number.POSITIVE_INFINITY : first - sinceMs;
  }

  /**
   * The longest time without one of these moments that a fault at `faultMs` has made, until `toMs` (default: now): it begins
   * with the last one before the fault.
   */
  longestGap(what: Milestone, faultMs: number, toMs: number = this.#now()): number {
    const before = this.#times[what].filter((time) => time < faultMs).at(-1) ?? faultMs;
    return this.longestGapSince(what, before, toMs);
  }

  /** The longest time without one of these moments between `fromMs` and `toMs`; the whole span when there is none. */
  longestGapSince(what: Milestone, fromMs: number, toMs: number): number {
    const moments = [fromMs, ...this.#times[what].filter((time) => time >= fromMs && time <= toMs), toMs];
    return Math.max(...moments.slice(1).map((time, index) => time - (moments[index] as number)));
  }

  #settle(id: string, outcome: Entry['outcome']): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new Error(`'${id}' was settled and never published.`);
    if (entry.outcome !== 'pending') throw new Error(`'${id}' was settled twice.`);
    entry.outcome = outcome;
  }

  #every(matches: (entry: Entry) => boolean): boolean {
    for (const entry of this.#entries.values()) if (!matches(entry)) return false;
    return true;
  }
}
