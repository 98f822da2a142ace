import type { Dispatcher } from 'undici';

export type Controller = Dispatcher.DispatchController;
export type Handler = Dispatcher.DispatchHandler;
export type Headers = Parameters<NonNullable<Handler['onResponseStart']>>[2];

/** The request that an attempt is one of, and the controller that the caller has. */
export interface AttemptOwner extends Controller {
  /** The caller's. */
  readonly handler: Handler;
  readonly maxDrainBytes: number;
  /** Whether what becomes of the attempt matters to the caller. */
  isCurrent(attempt: RequestAttempt): boolean;
  /** The attempt's turn has come: it is sent now. */
  started(attempt: RequestAttempt, controller: Controller, context: unknown): void;
  /** Decides about a response. True if it is to be handed on. */
  accepts(attempt: RequestAttempt, statusCode: number, headers: Headers): boolean;
  /** An upgrade is handed on. */
  upgraded(): void;
  /** The response that was handed on is complete. */
  over(): void;
  /** The attempt has ended with an error. */
  erred(attempt: RequestAttempt, error: Error): void;
}

/** One attempt, as undici sees it. */
export class RequestAttempt implements Handler {
  readonly #request: AttemptOwner;
  controller: Controller | undefined;
  #refused = false;
  #closed = false;
  #drained = 0;

  constructor(request: AttemptOwner) {
    this.#request = request;
  }

  onRequestStart(controller: Controller, context: unknown): void {
    this.controller = controller;
    this.#request.started(this, controller, context);
  }

  onRequestUpgrade(...[_controller, ...facts]: Parameters<NonNullable<Handler['onRequestUpgrade']>>): void {
    this.#request.upgraded();
    this.#request.handler.onRequestUpgrade?.(this.#request, ...facts);
  }

  onResponseStarted(): void {
    this.#request.handler.onResponseStarted?.();
  }

  onBodySent(...facts: Parameters<NonNullable<Handler['onBodySent']>>): void {
    this.#request.handler.onBodySent?.(...facts);
  }

  onRequestSent(): void {
    this.#request.handler.onRequestSent?.();
  }

  onResponseStart(controller: Controller, statusCode: number, headers: Headers, statusMessage?: string): void {
    const request = this.#request;
    this.controller = controller;
    if (statusCode < 200 || request.accepts(this, statusCode, headers)) {
      request.handler.onResponseStart?.(request, statusCode, headers, statusMessage);
      return;
    }
    this.refuse();
    const tooLong = Number(headers['content-length']) > request.maxDrainBytes;
    if (tooLong || !request.isCurrent(this)) this.discard();
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (!this.#refused) this.#request.handler.onResponseData?.(this.#request, chunk);
    else {
      this.#drained += chunk.length;
      if (this.#drained > this.#request.maxDrainBytes) this.discard();
    }
  }

  onResponseEnd(_controller: Controller, trailers: Headers): void {
    this.#closed = true;
    if (this.#refused) return;
    this.#request.over();
    this.#request.handler.onResponseEnd?.(this.#request, trailers);
  }

  onResponseError(_controller: Controller | undefined, error: Error): void {
    this.#closed = true;
    if (!this.#refused && this.#request.isCurrent(this)) this.#request.erred(this, error);
  }

  refuse(): void {
    this.#refused = true;
  }

  /** Closes the connection of a response that was refused, unless it was read to its end. */
  discard(): void {
    if (!this.#refused || this.#closed) return;
    this.#closed = true;
    this.controller?.abort(new DOMException('The refused response is not waited for', 'AbortError'));
  }
}
