import type { Delivery } from '@leveret/transport';
import type { Duplicates } from '../duplicates.js';
import { endsWithin } from '../ends-within.js';
import { decodeDelivery } from '../envelope.js';
import { MalformedMessageError, ServerStoppedError } from '../errors.js';
import { LazySignals } from '../lazy-signals.js';
import type { MiddlewareChain } from '../middleware.js';
import type { Serializer } from '../serializer.js';
import { WorkQueue } from '../work-queue.js';
import { Batches } from './batches.js';
import { type Notification, type NotificationInfo, REQUEUE, type ResolvedHandler } from './endpoint.js';
import type { NotificationListenerEvent } from './events.js';
import { HandlerInfo } from './handler-info.js';
import { runHandler } from './handler-run.js';
import type { NotificationListenerCall } from './listener-middleware.js';
import { type IncomingNotification, parseNotification } from './message.js';
import { isPriority, type Priority } from './priority.js';
import { type ReadNotification, readNotification } from './reading.js';

/** Whatever a handler is called with: one notification, or a list. */
export type Invoke<Handler> = (handler: Handler, batch: readonly Notification[], info: NotificationInfo) => unknown;

/** What a handler of notifications is made of. */
export interface NotificationParts<Handler> {
  readonly handlers: ReadonlyMap<Priority, readonly ResolvedHandler<Handler>[]>;
  readonly invoke: Invoke<Handler>;
  /** Undefined: each notification by itself. */
  readonly batch: { readonly size: number; readonly timeoutMs: number } | undefined;
  readonly serializer: Serializer | undefined;
  readonly allowRequeue: boolean;
  readonly concurrency: number;
  readonly maxBodyBytes: number;
  readonly bigints: boolean;
  readonly duplicates: Duplicates;
  readonly middleware: MiddlewareChain<NotificationListenerCall> | undefined;
  readonly emit: (event: NotificationListenerEvent) => void;
}

interface Item {
  readonly incoming: IncomingNotification;
  readonly delivery: Delivery;
  readonly queue: string;
}

interface ReadItem {
  readonly item: Item;
  readonly read: ReadNotification;
}

/** From a delivery to its acknowledgement: decode, collect, tell repeats, hand to the endpoints, settle. */
export class NotificationHandler<Handler> {
  readonly #parts: NotificationParts<Handler>;
  readonly #work: WorkQueue;
  readonly #batches: Batches<Item>;
  readonly #signals = new LazySignals();
  // By id, what is being handled; a copy that comes meanwhile waits for how it ends.
  readonly #unfinished = new Map<string, Promise<void>>();
  #draining = false;

  constructor(parts: NotificationParts<Handler>) {
    this.#parts = parts;
    this.#work = new WorkQueue({ running: parts.concurrency, waiting: 0 }, () => true);
    const { size, timeoutMs } = parts.batch ?? { size: 1, timeoutMs: 0 };
    this.#batches = new Batches(size, timeoutMs, (items) => this.#begin(items));
  }

  /** Takes a message from one of the listener's queues. */
  receive(delivery: Delivery, queue: string): void {
    const { maxBodyBytes, bigints } = this.#parts;
    let incoming: IncomingNotification;
    try {
      incoming = parseNotification(decodeDelivery(delivery, maxBodyBytes, bigints));
    } catch (cause) {
      delivery.reject({ requeue: false });
      const error =
        cause instanceof MalformedMessageError ? cause : new MalformedMessageError('it cannot be read.', { cause });
      this.#parts.emit({ type: 'notification-malformed', queue, error });
      return;
    }
    this.#take({ incoming, delivery, queue });
  }

  /** Gives back what has not begun, and waits for the rest for so long; then fires the signals of what still runs. */
  async drain(drainMs: number): Promise<void> {
    this.#draining = true;
    giveBack(this.#batches.takeAll());
    this.#work.clear();
    if (await endsWithin(this.#work.idle(), drainMs)) return;
    this.#parts.emit({ type: 'drain-ended', unfinished: this.#work.running });
    this.#signals.fire(
      new ServerStoppedError(`The listener was stopped, and this handler did not end within ${drainMs} ms.`),
    );
  }

  #take(item: Item): void {
    if (this.#draining) giveBack([item]);
    else this.#batches.add(item);
  }

  #begin(items: readonly Item[]): void {
    this.#work.push({ run: () => this.#run(items), drop: () => giveBack(items) });
  }

  async #run(items: readonly Item[]): Promise<void> {
    const handling: string[] = [];
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const fresh: Item[] = [];
    for (const item of items) {
      const { uniqueId } = item.incoming;
      if (uniqueId !== undefined) {
        if (this.#isRepeated(item, uniqueId)) continue;
        this.#unfinished.set(uniqueId, ended);
        handling.push(uniqueId);
      }
      fresh.push(item);
    }
    await this.#handle(fresh);
    for (const uniqueId of handling) this.#unfinished.delete(uniqueId);
    end();
  }

  #isRepeated(item: Item, uniqueId: string): boolean {
    const unfinished = this.#unfinished.get(uniqueId);
    if (unfinished !== undefined) {
      // It holds no place among those that run. Where the first could not be handled, this one is.
      void unfinished.then(() => {
        if (!this.#isRepeated(item, uniqueId)) this.#take(item);
      });
      return true;
    }
    const { duplicates, emit } = this.#parts;
    if (!duplicates.has(uniqueId)) return false;
    item.delivery.ack();
    emit({ type: 'notification-repeated', uniqueId });
    return true;
  }

  /** Never rejects. */
  async #handle(items: readonly Item[]): Promise<void> {
    const byPriority = new Map<string, Item[]>();
    for (const item of items) {
      const { priority } = item.incoming;
      const group = byPriority.get(priority);
      if (group === undefined) byPriority.set(priority, [item]);
      else group.push(item);
    }
    // In the order of their names, as oslo.
    for (const [priority, group] of [...byPriority].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (isPriority(priority)) await this.#handleGroup(priority, group);
      else for (const item of group) this.#unheard(item);
    }
  }

  #unheard(item: Item): void {
    this.#parts.emit({ type: 'priority-unknown', queue: item.queue, priority: item.incoming.priority });
    this.#done(item);
  }

  async #handleGroup(priority: Priority, items: readonly Item[]): Promise<void> {
    const readable = items.flatMap((item) => this.#read(priority, item));
    for (const { hears, handler } of this.#parts.handlers.get(priority) ?? []) {
      const heard = readable.filter(({ read }) => hears(read.raw));
      if (heard.length === 0 || (await this.#isHandled(priority, handler, heard))) continue;
      // As oslo: all of the priority, and no further endpoint is asked.
      this.#handBack(readable.map(({ item }) => item));
      return;
    }
    for (const { item } of readable) this.#done(item);
  }

  #read(priority: Priority, item: Item): readonly ReadItem[] {
    const { serializer, allowRequeue, emit } = this.#parts;
    try {
      return [{ item, read: readNotification(item.incoming, priority, item.delivery.redelivered, serializer) }];
    } catch (error) {
      emit({ type: 'notification-failed', priority, count: 1, error, requeued: allowRequeue });
      this.#handBack([item]);
      return [];
    }
  }

  async #isHandled(priority: Priority, handler: Handler, heard: readonly ReadItem[]): Promise<boolean> {
    const { invoke, middleware, allowRequeue, emit } = this.#parts;
    const count = heard.length;
    const signal = this.#signals.open();
    const info = new HandlerInfo(signal);
    try {
      const batch = heard.map(({ item: { incoming, delivery, queue }, read: { notification } }) => {
        return { notification, uniqueId: incoming.uniqueId, queue, delivery };
      });
      const run = (notifications: readonly Notification[]) => invoke(handler, notifications, info);
      if ((await runHandler(middleware, priority, batch, info, run)) !== REQUEUE) return true;
      if (!allowRequeue) emit({ type: 'requeue-refused', priority, count });
    } catch (error) {
      emit({ type: 'notification-failed', priority, count, error, requeued: allowRequeue });
    } finally {
      signal.release();
    }
    return false;
  }

  #handBack(items: readonly Item[]): void {
    if (this.#parts.allowRequeue) giveBack(items);
    else for (const item of items) this.#done(item);
  }

  #done({ delivery, incoming: { uniqueId } }: Item): void {
    // False: the connection is gone, and the copy that the broker sends again is known as a repeat.
    delivery.ack();
    if (uniqueId !== undefined) this.#parts.duplicates.add(uniqueId);
  }
}

function giveBack(items: readonly Item[]): void {
  for (const { delivery } of items) delivery.reject({ requeue: true });
}
