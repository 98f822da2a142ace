// Many clients in a process of their own: each opens a connection by publishing once, and again when it is told to.
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type { ClientUnderTest } from './client.ts';
import { type ClientName, clients } from './clients.ts';
import { helperSettings, sharedNow } from './helper-process.ts';

/** What this program is started with. */
export interface ManyClientsSettings {
  readonly client: ClientName;
  readonly count: number;
  readonly url: string;
  readonly queue: string;
  readonly publishTimeoutMs: number;
}

/** What it answers, twice: when all are connected, and when all have published again. */
export interface ManyClientsAnswer {
  readonly confirmed: number;
  readonly reasons: readonly string[];
  /** When the last one was confirmed, on the shared clock. */
  readonly lastConfirmAt: number;
  /** When TCP connections were made since the last answer, on the shared clock; those of failed attempts too. */
  readonly connectedAt: readonly number[];
}

const settings = helperSettings<ManyClientsSettings>();
const all = Array.from({ length: settings.count }, () => clients[settings.client](settings));

// Node tells of every socket that a client of whatever library makes.
const connectedAt: number[] = [];
subscribe('net.client.socket', (message) => {
  const { socket } = message as { readonly socket: Socket };
  socket.once('connect', () => connectedAt.push(sharedNow()));
});

async function publishAll(atATime: number): Promise<ManyClientsAnswer> {
  const reasons: string[] = [];
  let confirmed = 0;
  let lastConfirmAt = 0;
  const publish = async (client: ClientUnderTest): Promise<void> => {
    try {
      await client.publish('one of many');
      confirmed += 1;
      lastConfirmAt = sharedNow();
    } catch (error) {
      reasons.push(client.nameOf(error));
    }
  };
  for (let first = 0; first < all.length; first += atATime) {
    await Promise.all(all.slice(first, first + atATime).map(publish));
  }
  return { confirmed, reasons, lastConfirmAt, connectedAt: connectedAt.splice(0) };
}

process.on('message', () => {
  void publishAll(all.length).then((answer) => process.send?.(answer)); // never rejects
});
process.once('disconnect', () => process.exit());
process.send?.(await publishAll(10));
