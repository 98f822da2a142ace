import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientUnderTest, PublishTo } from './client.ts';
import { Ledger, type LedgerCounts } from './ledger.ts';

/** How {@link startLoad} publishes. */
export interface LoadOptions {
  /** Publishes per second, spread evenly. Default 200. */
  readonly ratePerSecond?: number;
  /** How long after the last publish all must have settled: the client's deadline and a little more. Default 35 000. */
  readonly settleMs?: number;
  /** How long after that what was confirmed may take to arrive. Default 10 000. */
  readonly arriveMs?: number;
}

/** A steady stream of messages through a client, all in one ledger. */
export interface Load {
  readonly ledger: Ledger;
  /** Publishes one message besides the stream; resolves when it has settled, however. */
  publish(to?: PublishTo): Promise<void>;
  /** Holds the stream; resolves when all has settled and arrived, or had its time. */
  pause(): Promise<void>;
  /** Goes on. */
  resume(): void;
  /** Ends the stream, waits as `pause` does, and closes the books. */
  stop(): Promise<LedgerCounts>;
}

// Timers of Node are no finer; several messages share a tick at higher rates.
const tickMs = 5;

/** Consumes, and publishes at a steady rate until it is stopped. Resolves when the first message has made its round. */
export async function startLoad(client: ClientUnderTest, options: LoadOptions = {}): Promise<Load> {
  const { ratePerSecond = 200, settleMs = 35_000, arriveMs = 10_000 } = options;
  const ledger = new Ledger();
  let number = 0;
  let timer: NodeJS.Timeout | undefined;

  const publish = async (to?: PublishTo): Promise<void> => {
    const id = `message-${number}`;
    number += 1;
    ledger.published(id);
    try {
      ledger.settled(id, await client.publish(id, to));
    } catch (error) {
      ledger.rejected(id, client.nameOf(error));
    }
  };
  const resume = (): void => {
    let due = 0;
    let last = performance.now();
    timer = setInterval(() => {
      const now = performance.now();
      // What a blocked event loop has missed is not made up for: an application that stands still publishes nothing.
      due += (Math.min(now - last, 50) * ratePerSecond) / 1000;
      last = now;
      for (; due >= 1; due -= 1) void publish(); // settles into the ledger, and never rejects
    }, tickMs);
  };
  const pause = async (): Promise<void> => {
    clearInterval(timer);
    await untilTrue(() => ledger.allSettled, settleMs);
    await untilTrue(() => ledger.allArrived, arriveMs);
  };

  await client.consume((id) => ledger.delivered(id));
  await publish();
  await untilTrue(() => ledger.allArrived, arriveMs);
  resume();
  return {
    ledger,
    publish,
    pause,
    resume,
    stop: async () => {
      await pause();
      return ledger.counts();
    },
  };
}

/** Resolves with true as soon as the condition holds, or with false after so many milliseconds. */
export async function untilTrue(condition: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) return false;
    await sleep(5);
  }
  return true;
}
