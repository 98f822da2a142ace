import { describe, expect, it } from 'vitest';
import { Ledger } from '../../src/ledger.ts';

const none = {
  published: 0,
  confirmed: 0,
  returned: 0,
  rejected: 0,
  delivered: 0,
  duplicated: 0,
  lost: 0,
  hung: 0,
  foreign: 0,
};

describe('the ledger', () => {
  it('has one line for each fate of a message', () => {
    const ledger = new Ledger();
    for (const id of ['arrived', 'lost', 'returned', 'rejected', 'hung', 'twice']) ledger.published(id);
    for (const id of ['arrived', 'lost', 'twice']) ledger.settled(id, 'confirmed');
    ledger.settled('returned', 'returned');
    ledger.rejected('rejected', 'because');
    for (const id of ['arrived', 'twice', 'twice', 'nobody published it']) ledger.delivered(id);
    expect(ledger.counts()).toEqual({
      published: 6,
      confirmed: 3,
      returned: 1,
      rejected: 1,
      delivered: 2,
      duplicated: 1,
      lost: 1,
      hung: 1,
      foreign: 1,
    });
    expect(ledger.reasons).toEqual(new Map([['because', 1]]));
    expect([ledger.allSettled, ledger.allArrived]).toEqual([false, false]);
  });

  it('counts a message that was delivered and then rejected as rejected, and not as lost', () => {
    const ledger = new Ledger();
    ledger.published('a');
    ledger.delivered('a');
    ledger.rejected('a', 'its confirm went with the connection');
    expect(ledger.counts()).toEqual({ ...none, published: 1, rejected: 1, delivered: 1 });
  });

  it('refuses books that do not add up', () => {
    const ledger = new Ledger();
    ledger.published('a');
    expect(() => ledger.published('a')).toThrow("The load published 'a' twice");
    expect(() => ledger.settled('b', 'confirmed')).toThrow("'b' was settled and never published");
    ledger.settled('a', 'confirmed');
    expect(() => ledger.rejected('a', 'late')).toThrow("'a' was settled twice");
  });
});

describe('gaps', () => {
  function confirmedAt(...times: readonly number[]): Ledger {
    let now = 0;
    const ledger = new Ledger(() => now);
    for (const time of times) {
      now = time;
      ledger.published(`${time}`);
      ledger.settled(`${time}`, 'confirmed');
    }
    return ledger;
  }

  it('begin with the last confirm before the fault', () => {
    expect(confirmedAt(100, 110, 400, 410, 500).longestGap('confirms', 120, 500)).toBe(290);
  });

  it('last until now when nothing comes any more', () => {
    expect(confirmedAt(100, 110).longestGap('confirms', 120, 1_000)).toBe(890);
    expect(confirmedAt(100, 110).longestGap('deliveries', 120, 1_000)).toBe(880);
  });

  it('can be counted from a moment on, whatever was before', () => {
    expect(confirmedAt(100, 400, 450).longestGapSince('confirms', 380, 500)).toBe(50);
  });

  it('know the first confirm after a moment, or that there is none', () => {
    expect(confirmedAt(100, 400).firstAfter('confirms', 150)).toBe(250);
    expect(confirmedAt(100, 400).firstAfter('confirms', 401)).toBe(Number.POSITIVE_INFINITY);
  });
});
