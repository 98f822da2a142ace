import type { CancelCause, CancelMessage } from './cancel-message.js';
import { CallCancelledError } from './errors.js';
import type { RequestScope } from './request-scope.js';
import { RunningList } from './running-list.js';

const LEAST_LIFE_MS = 60_000;
const MOST_LIFE_MS = 3_600_000;
const REMEMBERED_LIMIT = 10_000;

interface Remembered {
  readonly cause: CancelCause;
  readonly until: number;
}

/** Which calls run, and which were cancelled: a cancel can come before its request, or while it waits for its turn. */
export class Cancellations {
  readonly #running = new RunningList<RequestScope>();
  readonly #cancelled = new Map<string, Remembered>();

  /** Takes what a caller says, to a call that runs and to one that has not come yet. */
  cancel({ messageIds, cause, lifeMs }: CancelMessage): void {
    const until = performance.now() + Math.min(Math.max(lifeMs, LEAST_LIFE_MS), MOST_LIFE_MS);
    // Looked up only when somebody asks: nearly all calls begin and end without.
    const running = new Map(this.#running.all.map((scope) => [scope.messageId, scope]));
    for (const messageId of messageIds) {
      const scope = running.get(messageId);
      if (scope !== undefined) endFor(scope, cause);
      else this.#remember(messageId, { cause, until });
    }
  }

  /** Fires the signals of all that runs, calls and casts. */
  endAll(reason: Error): void {
    for (const scope of [...this.#running.all]) scope.end(reason);
  }

  /** Ends the scope of a call that was cancelled before. */
  apply(scope: RequestScope): void {
    const { messageId } = scope;
    if (this.#cancelled.size === 0 || messageId === undefined) return;
    const remembered = this.#cancelled.get(messageId);
    if (remembered !== undefined && performance.now() < remembered.until) endFor(scope, remembered.cause);
  }

  begin(scope: RequestScope): void {
    this.#running.add(scope);
  }

  end(scope: RequestScope): void {
    this.#running.delete(scope);
  }

  #remember(messageId: string, remembered: Remembered): void {
    this.#cancelled.delete(messageId);
    this.#cancelled.set(messageId, remembered);
    const now = performance.now();
    for (const [oldest, { until }] of this.#cancelled) {
      if (this.#cancelled.size <= REMEMBERED_LIMIT && now < until) return;
      this.#cancelled.delete(oldest);
    }
  }
}

function endFor(scope: RequestScope, cause: CancelCause): void {
  if (cause === 'timeout') scope.expire();
  else scope.end(new CallCancelledError(cause));
}
