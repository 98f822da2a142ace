import { describe, expect, it } from 'vitest';
import { messageOf, queueUnderTest } from './queue-fixtures.js';
import { Unsettled } from './unsettled.js';

function holding(count: number): Unsettled {
  const { queue } = queueUnderTest();
  const unsettled = new Unsettled();
  for (let tag = 1; tag <= count; tag += 1) {
    queue.publish(messageOf(`m${tag}`));
    const entry = queue.get();
    if (entry !== undefined) unsettled.add(tag, entry, undefined);
  }
  return unsettled;
}

function bodies(deliveries: ReturnType<Unsettled['takeAll']>): string[] {
  return deliveries.map(({ entry }) => entry.message.body.toString());
}

describe('unsettled deliveries', () => {
  it('are taken one by one, in any order, and once', () => {
    const unsettled = holding(3);
    expect(bodies(unsettled.take(2, false))).toEqual(['m2']);
    expect(bodies(unsettled.take(1, false))).toEqual(['m1']);
    expect(() => unsettled.take(2, false)).toThrow('PRECONDITION_FAILED - unknown delivery tag 2');
    expect(unsettled.size).toBe(1);
  });

  it('are taken up to a tag with multiple', () => {
    const unsettled = holding(4);
    unsettled.take(2, false);
    expect(bodies(unsettled.take(3, true))).toEqual(['m1', 'm3']);
    expect(unsettled.size).toBe(1);
  });

  it('are all taken with multiple and the tag 0, be there none', () => {
    const unsettled = holding(2);
    expect(bodies(unsettled.take(0, true))).toEqual(['m1', 'm2']);
    expect(bodies(unsettled.take(0, true))).toEqual([]);
    expect(() => unsettled.take(0, false)).toThrow('unknown delivery tag 0');
  });
});
