import { setTimeout as delay } from 'node:timers/promises';
import { type BrokerAccess, useBroker } from '@leveret/tooling-brokers';
import { uniqueName } from '@leveret/tooling-rabbitmq';
import { afterAll, beforeAll } from 'vitest';
import type { TransportEvent } from '../src/index.js';

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

/** A virtual host of the shared broker for the tests of one file. */
export function useVirtualHost(): { readonly url: string; uniqueName(prefix: string): string } {
  let access: BrokerAccess | undefined;
  const host = { url: '', uniqueName };
  beforeAll(async () => {
    access = await useBroker();
    host.url = (await access.virtualHostForTestFile()).url;
  });
  afterAll(() => access?.release());
  return host;
}
