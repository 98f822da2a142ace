import { setTimeout as delay } from 'node:timers/promises';
import type { TransportEvent } from '@leveret/transport';

/** Waits until something is so, looking again every few milliseconds; the test's own time limit ends it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(10);
}

/** Keeps all events, to wait for one or to count them. */
export class EventLog {
  readonly all: TransportEvent[] = [];
  readonly onEvent = (event: TransportEvent): void => {
    this.all.push(event);
  };

  of<T extends TransportEvent['type']>(type: T): Extract<TransportEvent, { type: T }>[] {
    return this.all.filter((event): event is Extract<TransportEvent, { type: T }> => event.type === type);
  }
}
