import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isMet } from '../../src/figure.ts';
import type { LedgerCounts } from '../../src/ledger.ts';
import { startLoad } from '../../src/load.ts';
import { nothingLost } from '../../src/scenario.ts';
import { createLyingClient, type Lies } from './lying-client.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

// A second of load at 100 a second, and the first message.
async function loadOn(lies: Lies): Promise<LedgerCounts> {
  const load = await startLoad(createLyingClient(lies), { ratePerSecond: 100, settleMs: 1_000, arriveMs: 1_000 });
  await vi.advanceTimersByTimeAsync(1_000);
  const stopping = load.stop();
  await vi.advanceTimersByTimeAsync(3_000);
  return await stopping;
}

function missed(counts: LedgerCounts): readonly string[] {
  return nothingLost(counts)
    .filter((figure) => !isMet(figure))
    .map(({ name, value }) => `${name} ${value}`);
}

describe('the ledger of a client that lies', () => {
  it('is clean when it does not', async () => {
    const counts = await loadOn({});
    expect(counts).toEqual({
      published: 101,
      confirmed: 101,
      returned: 0,
      rejected: 0,
      delivered: 101,
      duplicated: 0,
      lost: 0,
      hung: 0,
      foreign: 0,
    });
    expect(missed(counts)).toEqual([]);
  });

  it('finds what was confirmed and dropped', async () => {
    const counts = await loadOn({ loseEvery: 10 });
    expect(counts).toMatchObject({ confirmed: 101, delivered: 91, lost: 10 });
    expect(missed(counts)).toEqual(['lost 10']);
  });

  it('finds publishes that never settle', async () => {
    const counts = await loadOn({ hangEvery: 25 });
    expect(counts).toMatchObject({ confirmed: 97, delivered: 101, hung: 4 });
    expect(missed(counts)).toEqual(['hung 4']);
  });

  it('finds what was delivered twice, which is told and allowed', async () => {
    const counts = await loadOn({ repeatEvery: 50 });
    expect(counts).toMatchObject({ confirmed: 101, delivered: 101, duplicated: 2 });
    expect(missed(counts)).toEqual([]);
  });

  it('finds what was rejected, and tells it from what was returned', async () => {
    const counts = await loadOn({ rejectEvery: 20, returnEvery: 33 });
    expect(counts).toMatchObject({ confirmed: 93, returned: 3, rejected: 5, lost: 0 });
    expect(missed(counts)).toEqual(['rejected 5']);
  });
});
