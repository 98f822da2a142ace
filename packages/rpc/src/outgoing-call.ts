import type { Destination } from '@leveret/transport';
import type { StageFacts } from './call-stage.js';
import type { CancelSender } from './cancel-sender.js';
import type { ResolvedSettings } from './client-options.js';
import { DeadlineExceededError, MessagingTimeoutError } from './errors.js';
import { decodeFailure } from './failure.js';
import type { RemoteErrorClasses } from './remote-error-classes.js';
import type { AwaitedCall, ReplyWaiter } from './reply-waiters.js';
import type { RequestScope } from './request-scope.js';
import type { Sending } from './sending.js';
import { describeTarget, type ResolvedTarget } from './target.js';

/** What the end of any call of a client needs. */
export interface CallEnds {
  readonly remoteErrors: RemoteErrorClasses;
  readonly bigints: boolean;
  readonly cancels: CancelSender;
}

/** A call while it waits: how long, and how it ends. It holds neither arguments nor body, which may be large. */
export class OutgoingCall implements AwaitedCall {
  readonly messageId: string;
  readonly method: string;
  readonly target: ResolvedTarget;
  readonly destination: Destination;
  readonly signal: AbortSignal | undefined;
  readonly outer: RequestScope | undefined;
  readonly #settings: ResolvedSettings;
  readonly #inherits: boolean;
  readonly #ends: CallEnds;
  /** What is to be done once at its end. */
  goOn: (() => void) | undefined = undefined;

  constructor(
    { method, settings, signal, outer, inherits }: Sending,
    messageId: string,
    destination: Destination,
    ends: CallEnds,
  ) {
    this.messageId = messageId;
    this.method = method;
    this.target = settings.target;
    this.destination = destination;
    this.signal = signal;
    this.outer = outer;
    this.#settings = settings;
    this.#inherits = inherits;
    this.#ends = ends;
  }

  get timeoutMs(): number {
    return this.#settings.timeoutMs;
  }

  get monitorTimeoutMs(): number | null {
    return this.#settings.callMonitorTimeoutMs;
  }

  /** Why it cannot begin; undefined: it can. */
  get over(): Error | undefined {
    const over = this.outer?.over;
    if (!(over instanceof DeadlineExceededError)) return over;
    return this.timedOut({ stage: 'not-begun', timeoutMs: this.timeoutMs, lastHeartbeatAgoMs: null }, over);
  }

  timedOut(facts: StageFacts, cause?: unknown): Error {
    const { method, target } = this;
    return new MessagingTimeoutError(
      { ...facts, inherited: this.#inherits, method, target, describedTarget: describeTarget(target) },
      cause === undefined ? undefined : { cause },
    );
  }

  failed(failure: unknown): Error {
    const { remoteErrors, bigints } = this.#ends;
    return decodeFailure(failure, remoteErrors, bigints);
  }

  ended({ givenUpFor: cause, remainingMs }: ReplyWaiter): void {
    this.goOn?.();
    if (cause === undefined || !this.#settings.cancelRemote) return;
    const { messageId, destination } = this;
    this.#ends.cancels.send({ messageId, destination, cause, remainingMs });
  }
}
