import type { Dispatcher } from 'undici';
import { retryAfterMs } from './http.js';
import type { ResolvedPolicy } from './policy.js';
import { type AttemptOwner, type Controller, type Handler, type Headers, RequestAttempt } from './request-attempt.js';
import { type RequestBody, requestBody } from './request-body.js';
import type { GiveUpReason } from './retry-info.js';
import { createSession, type Session } from './session.js';
import { startTimer } from './timer.js';

/** A response that is not handed on, since the request will be sent again. */
export interface RefusedResponse {
  readonly statusCode: number;
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** A request that is about to be sent again. */
export interface RequestRetry {
  /** As it was given to the dispatcher. */
  readonly request: Dispatcher.DispatchOptions;
  /** The attempt that failed, counted from 1. */
  readonly attempt: number;
  /** What became of it: an error, or a {@link RefusedResponse}. */
  readonly failure: unknown;
  /** The wait before the next one. */
  readonly delayMs: number;
}

/** What an interceptor was made with. */
export interface Settings {
  readonly policy: ResolvedPolicy;
  readonly mayRepeat: (request: Dispatcher.DispatchOptions) => boolean;
  readonly isRetryable: (statusCode: number) => boolean;
  readonly errorCodes: readonly unknown[];
  readonly maxDrainBytes: number;
  readonly onRetry: ((event: RequestRetry) => void) | undefined;
  readonly wallClock: () => number;
}

type State =
  | { readonly status: 'sending' }
  | { readonly status: 'waiting'; readonly cancel: () => void }
  /** The headers of a response, or of an upgrade, are with the caller: nothing is sent again. */
  | { readonly status: 'delivering' }
  | { readonly status: 'over' };

/** A request, over all its attempts. To the caller it is the one controller, whichever attempt is under way. */
export class RetriedRequest implements AttemptOwner {
  readonly handler: Handler;
  readonly #settings: Settings;
  readonly #dispatch: Dispatcher.Dispatch;
  readonly #request: Dispatcher.DispatchOptions;
  readonly #toSend: Dispatcher.DispatchOptions;
  readonly #body: RequestBody;
  readonly #session: Session;
  #unwatch: (() => void) | undefined;
  #attempt: RequestAttempt | undefined;
  #state: State = { status: 'sending' };
  /** What the caller is given beside the response; its own object, so that `retryInfo` can know it. */
  #context: object | undefined;
  #paused = false;
  #aborted: { readonly reason: Error } | undefined;

  constructor(
    dispatch: Dispatcher.Dispatch,
    request: Dispatcher.DispatchOptions,
    handler: Handler,
    settings: Settings,
  ) {
    this.#dispatch = dispatch;
    this.#request = request;
    this.handler = handler;
    this.#settings = settings;
    this.#body = requestBody(request.body);
    this.#toSend = repeatable(request, this.#body);
    this.#session = createSession(settings.policy, this.#settings.policy.clock.now());
  }

  start(): boolean {
    this.#unwatch = this.#body.watch?.((error) => {
      if (this.#state.status === 'waiting') this.#fail(error as Error, 'not-retryable');
    });
    try {
      return this.#send();
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  get maxDrainBytes(): number {
    return this.#settings.maxDrainBytes;
  }

  get aborted(): boolean {
    return this.#aborted !== undefined;
  }

  get reason(): Error | null {
    return this.#aborted?.reason ?? null;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get rawHeaders(): NonNullable<Controller['rawHeaders']> | null {
    return this.#attempt?.controller?.rawHeaders ?? null;
  }

  // Interceptors that change a response change these too.
  set rawHeaders(value: NonNullable<Controller['rawHeaders']> | null) {
    const controller = this.#attempt?.controller;
    if (controller) controller.rawHeaders = value;
  }

  get rawTrailers(): NonNullable<Controller['rawTrailers']> | null {
    return this.#attempt?.controller?.rawTrailers ?? null;
  }

  set rawTrailers(value: NonNullable<Controller['rawTrailers']> | null) {
    const controller = this.#attempt?.controller;
    if (controller) controller.rawTrailers = value;
  }

  pause(): void {
    this.#paused = true;
    this.#attempt?.controller?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#attempt?.controller?.resume();
  }

  abort(reason: Error = new DOMException('The request was aborted', 'AbortError')): void {
    if (this.#aborted !== undefined || this.#state.status === 'over') return;
    this.#aborted = { reason };
    const controller = this.#attempt?.controller;
    if (this.#state.status === 'waiting' || controller === undefined) this.#fail(reason, 'aborted');
    else controller.abort(reason);
  }

  isCurrent(attempt: RequestAttempt): boolean {
    return attempt === this.#attempt && this.#state.status !== 'over';
  }

  started(attempt: RequestAttempt, controller: Controller, context: unknown): void {
    if (this.isCurrent(attempt)) this.#announce(context);
    // It has waited in a queue for longer than the caller has.
    else controller.abort(this.#aborted?.reason ?? new DOMException('The request is over', 'AbortError'));
  }

  accepts(attempt: RequestAttempt, statusCode: number, headers: Headers): boolean {
    const { isRetryable, wallClock } = this.#settings;
    if (isRetryable(statusCode)) {
      const askedMs = () => retryAfterMs(headers, { now: wallClock() });
      if (this.#failed(attempt, { statusCode, headers }, this.#context, askedMs)) return false;
    } else this.#session.succeeded();
    this.#state = { status: 'delivering' };
    this.#end();
    if (this.#paused) attempt.controller?.pause();
    return true;
  }

  upgraded(): void {
    this.#state = { status: 'delivering' };
    this.#end();
  }

  erred(attempt: RequestAttempt, error: Error): void {
    if (this.#aborted !== undefined) this.#fail(error, 'aborted');
    else if (this.#state.status === 'delivering') {
      this.#state = { status: 'over' };
      this.handler.onResponseError?.(this, error);
    } else if (this.#settings.errorCodes.includes((error as { code?: unknown }).code)) {
      if (!this.#failed(attempt, error, error)) this.#deliver(error);
    } else {
      this.#session.failed(error);
      this.#fail(error, 'not-retryable');
    }
  }

  over(): void {
    this.#state = { status: 'over' };
  }

  #send(): boolean {
    this.#attempt?.discard();
    this.#attempt = new RequestAttempt(this);
    this.#state = { status: 'sending' };
    this.#session.begin();
    return this.#dispatch(this.#toSend, this.#attempt);
  }

  /** False if retrying has ended, which `outcome` shall tell of: what became of the attempt is for the caller. */
  #failed(attempt: RequestAttempt, failure: unknown, outcome: unknown, askedMs?: () => number | undefined): boolean {
    const session = this.#session;
    session.failed(failure);
    const nowMs = this.#settings.policy.clock.now();
    // What never was sent is not sent twice.
    const mayRepeat = this.#settings.mayRepeat(this.#request) || attempt.controller === undefined;
    if (!mayRepeat || !this.#body.replayable) {
      session.conclude(outcome, 'not-retryable', nowMs);
      return false;
    }
    try {
      const next = session.next(nowMs, askedMs?.());
      if (typeof next === 'string') {
        session.conclude(outcome, next, nowMs);
        return false;
      }
      this.#wait(next);
      // Before it is sent for the first time the caller has nothing to abort with.
      this.#announce({});
      if (this.#state.status === 'waiting') {
        this.#settings.onRetry?.({ request: this.#request, attempt: session.attempts, failure, delayMs: next });
      }
    } catch (thrown) {
      this.#fail(thrown as Error, 'callback-failed');
    }
    return true;
  }

  #wait(delayMs: number): void {
    const { clock, unref } = this.#settings.policy;
    const cancel = startTimer(clock, delayMs, unref, () => {
      try {
        this.#send();
      } catch (error) {
        this.#attempt?.onResponseError(undefined, error as Error);
      }
    });
    this.#state = { status: 'waiting', cancel };
  }

  #announce(context: unknown): void {
    if (this.#context !== undefined) {
      // The caller keeps what it was given first; a redirect's history is to be that of the last attempt.
      Object.assign(this.#context, context);
      return;
    }
    this.#context = { ...(context as object | undefined) };
    this.handler.onRequestStart?.(this, this.#context);
  }

  #fail(error: Error, reason: GiveUpReason): void {
    if (this.#state.status === 'over') return;
    this.#session.conclude(error, reason, this.#settings.policy.clock.now());
    this.#deliver(error);
  }

  #deliver(error: Error): void {
    if (this.#state.status === 'waiting') this.#state.cancel();
    this.#state = { status: 'over' };
    this.#end();
    this.#attempt?.discard();
    this.handler.onResponseError?.(this, error);
  }

  /** Lets go of all that is for further attempts. */
  #end(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#session.end();
  }
}

/** What is handed to undici at each attempt: nothing of it is used up by sending it. */
function repeatable(request: Dispatcher.DispatchOptions, { body }: RequestBody): Dispatcher.DispatchOptions {
  const { headers } = request;
  const spent = typeof headers === 'object' && headers !== null && 'next' in headers && Symbol.iterator in headers;
  if (!spent && body === request.body) return request;
  return {
    ...request,
    body: body as NonNullable<Dispatcher.DispatchOptions['body']>,
    ...(spent && { headers: [...(headers as Iterable<[string, string]>)].flat(1) }),
  };
}
