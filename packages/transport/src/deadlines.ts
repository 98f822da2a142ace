/** Whoever has a deadline. */
export interface Dated {
  /** The list's own note of where it is; undefined at first, and when it is in the list no more. */
  deadline: unknown;
}

/** All whose deadlines are within the same span of `PRECISION_MS`. */
interface Group<T> {
  readonly number: number;
  readonly members: Set<T>;
}

// Nobody is told of a deadline earlier than it is, nor later than by this much.
const PRECISION_MS = 8;

/** How a list of deadlines behaves. */
export interface DeadlinesOptions {
  /**
   * Whether the process stays alive while the list holds anybody. Default false: for what waits for a connection as well,
   * which keeps it.
   */
  readonly keepsAlive?: boolean;
}

/**
 * Deadlines of many, with one timer; each is told up to 8 ms late. What is removed before its time, as nearly all is, leaves
 * nothing behind.
 */
export class Deadlines<T extends Dated> {
  readonly #expired: (item: T) => void;
  readonly #keepsAlive: boolean;
  readonly #groups = new Map<number, Group<T>>();
  #latest: Group<T> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #verdict: NodeJS.Immediate | undefined;
  #timerFor = Number.POSITIVE_INFINITY;

  /** @param expired hears of each whose time is over; it is in the list no more. */
  constructor(expired: (item: T) => void, { keepsAlive = false }: DeadlinesOptions = {}) {
    this.#expired = expired;
    this.#keepsAlive = keepsAlive;
  }

  add(item: T, ms: number): void {
    this.addAt(item, performance.now() + ms);
  }

  /** @param deadline on the clock of `performance.now()`. */
  addAt(item: T, deadline: number): void {
    const number = Math.ceil(deadline / PRECISION_MS);
    let group = this.#latest;
    if (group?.number !== number) {
      group = this.#groups.get(number);
      if (group === undefined) {
        group = { number, members: new Set() };
        this.#groups.set(number, group);
      }
      const before = this.#latest;
      this.#latest = group;
      if (before?.members.size === 0) this.#groups.delete(before.number);
      if (number < this.#timerFor) this.#wait(number);
    }
    group.members.add(item);
    item.deadline = group;
  }

  remove(item: T): void {
    const group = item.deadline as Group<T> | undefined;
    if (group === undefined) return;
    item.deadline = undefined;
    group.members.delete(item);
    // The one that is still being filled would be made again at once.
    if (group.members.size === 0 && group !== this.#latest) this.#groups.delete(group.number);
    if (this.#keepsAlive && this.#isEmpty()) this.stop();
  }

  /** Whoever is in it is told of nothing any more. */
  stop(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#verdict);
    this.#groups.clear();
    this.#latest = undefined;
    this.#timerFor = Number.POSITIVE_INFINITY;
  }

  // No group is empty but the one that is being filled.
  #isEmpty(): boolean {
    return this.#groups.size === (this.#latest?.members.size === 0 ? 1 : 0);
  }

  #wait(number: number): void {
    clearTimeout(this.#timer);
    this.#timerFor = number;
    // A timer knows no longer wait; a deadline after it is found not yet over, and waited for again.
    const ms = Math.min(Math.max(0, number * PRECISION_MS - performance.now()), 2 ** 31 - 1);
    this.#timer = setTimeout(() => this.#read(), Math.ceil(ms));
    if (!this.#keepsAlive) this.#timer.unref();
  }

  // After a blocked event loop, timers come before the sockets are read, where the very answer may lie that is missed.
  #read(): void {
    this.#timerFor = Number.POSITIVE_INFINITY;
    clearImmediate(this.#verdict);
    this.#verdict = setImmediate(() => this.#expire());
  }

  #expire(): void {
    const now = performance.now() / PRECISION_MS;
    let next = Number.POSITIVE_INFINITY;
    const due: Group<T>[] = [];
    for (const group of this.#groups.values()) {
      if (group.number <= now) due.push(group);
      else if (group.members.size > 0) next = Math.min(next, group.number);
    }
    due.sort((a, b) => a.number - b.number);
    for (const group of due) this.#groups.delete(group.number);
    // An empty one that is no longer waited for must not take the next deadline in.
    if (this.#latest !== undefined && (due.includes(this.#latest) || this.#latest.members.size === 0)) {
      this.#groups.delete(this.#latest.number);
      this.#latest = undefined;
    }
    if (next !== Number.POSITIVE_INFINITY) this.#wait(next);
    for (const group of due) {
      for (const item of group.members) {
        item.deadline = undefined;
        this.#expired(item);
      }
    }
  }
}
