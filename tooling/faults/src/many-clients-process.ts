// Many clients in a process of their own: each opens a connection by publishing once, and again when it is told to.
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
}

const settings = helperSettings<ManyClientsSettings>();
const all = Array.from({ length: settings.count }, () => clients[settings.client](settings));

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
  return { confirmed, reasons, lastConfirmAt };
}

process.on('message', () => {
  void publishAll(all.length).then((answer) => process.send?.(answer)); // never rejects
});
process.once('disconnect', () => process.exit());
process.send?.(await publishAll(10));
