// One client that is reset often and then has much to do, in a process whose memory is nobody else's.
import { type ClientName, clients } from './clients.ts';
import { helperSettings } from './helper-process.ts';
import { untilTrue } from './load.ts';

/** What this program is started with. */
export interface GrowthSettings {
  readonly client: ClientName;
  readonly url: string;
  readonly queue: string;
  readonly resets: number;
  readonly messages: number;
}

/** What it answers in the end; `{ reset: true }` before asks for a reset of all connections, which is answered. */
export interface GrowthAnswer {
  readonly heapBytes: number;
  readonly handles: readonly string[];
  readonly handlesBefore: readonly string[];
  readonly published: number;
  /** Different messages. */
  readonly delivered: number;
}

const settings = helperSettings<GrowthSettings>();
const { gc } = globalThis;
if (gc === undefined) throw new Error('This program measures memory: start it with --expose-gc.');
const client = clients[settings.client]({ ...settings, reconnectMs: 20 });
// Outside the heap that is measured, and of a size that history does not change.
const seen = new Uint8Array(settings.messages + settings.resets * 20 + 40_000);
let delivered = 0;
let published = 0;

async function pass(messages: number): Promise<void> {
  const inFlight = new Set<Promise<unknown>>();
  for (let i = 0; i < messages; i += 1) {
    published += 1;
    const one: Promise<unknown> = client.publish(`${published}`).finally(() => inFlight.delete(one));
    inFlight.add(one);
    if (inFlight.size >= 100) await Promise.race(inFlight);
  }
  await Promise.all(inFlight);
  await untilTrue(() => delivered >= published, 10_000);
}

async function reset(): Promise<void> {
  const done = new Promise((resolve) => process.once('message', resolve));
  process.send?.({ reset: true });
  await done;
  await pass(20);
}

// Nothing of the measuring itself may be in flight.
async function measure(): Promise<{ readonly heapBytes: number; readonly handles: readonly string[] }> {
  for (let i = 0; i < 5; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    gc?.();
  }
  return { heapBytes: process.memoryUsage().heapUsed, handles: process.getActiveResourcesInfo().sort() };
}

process.once('disconnect', () => process.exit());
await client.consume((id) => {
  if (seen[Number(id)] === 0) delivered += 1;
  seen[Number(id)] = 1;
});
// The code is compiled, and buffers have their size, before anything is measured.
await pass(10_000);
for (let i = 0; i < 15; i += 1) await reset();
await pass(15_000);
const before = await measure();
for (let i = 0; i < settings.resets; i += 1) await reset();
await pass(settings.messages);
const after = await measure();
const answer: GrowthAnswer = {
  heapBytes: after.heapBytes - before.heapBytes,
  handles: after.handles,
  handlesBefore: before.handles,
  published,
  delivered,
};
process.send?.(answer);
