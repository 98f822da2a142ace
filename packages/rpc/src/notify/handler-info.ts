import type { LazySignal } from '../lazy-signals.js';
import { ownGetter } from '../own-getter.js';
import type { NotificationInfo } from './endpoint.js';

/** What a handler gets beside its notifications. */
export class HandlerInfo implements NotificationInfo {
  declare readonly signal: AbortSignal;
  readonly #signal: LazySignal;

  constructor(signal: LazySignal) {
    this.#signal = signal;
    Object.defineProperty(this, 'signal', HandlerInfo.#own);
  }

  static readonly #own = ownGetter<HandlerInfo>((info) => info.#signal.get());
}
