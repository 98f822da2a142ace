import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type BrokerAccess, type BrokerControl, startOwnBroker, useBroker } from '@leveret/tooling-brokers';
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

/** A server that accepts connections and never says a word, as a machine behind a broken route does. */
export async function startSilentServer(): Promise<
  AsyncDisposable & { readonly port: number; readonly accepted: number; readonly connections: number }
> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => {}); // The client resets it: that is what is tested.
    socket.on('close', () => sockets.delete(socket));
    socket.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get accepted() {
      return accepted;
    },
    get connections() {
      return sockets.size;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
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

/** What an operator does (users, virtual hosts), for the tests of one file: on a foreign broker, of one of their own. */
export function useControl(): { readonly control: BrokerControl } {
  let control: BrokerControl | undefined;
  let release = async (): Promise<void> => {};
  beforeAll(async () => {
    const access = await useBroker();
    const own = access.control === undefined ? await startOwnBroker() : undefined;
    control = own ?? access.control;
    release = async () => {
      await own?.remove();
      await access.release();
    };
  });
  afterAll(() => release());
  return {
    get control() {
      if (control === undefined) throw new Error('There is no broker before the first test.');
      return control;
    },
  };
}
