import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RunningList } from './running-list.js';

it('holds what a set would', () => {
  const step = fc.record({ index: fc.nat(5), isAdded: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const items = Array.from({ length: 6 }, () => ({ place: -1 }));
      const list = new RunningList<{ place: number }>();
      const set = new Set<{ place: number }>();
      for (const { index, isAdded } of steps) {
        const item = items[index] as { place: number };
        if (isAdded && !set.has(item)) {
          list.add(item);
          set.add(item);
        } else if (!isAdded) {
          list.delete(item);
          set.delete(item);
        }
        expect(new Set(list.all)).toEqual(set);
        expect(list.all.length).toBe(set.size);
      }
    }),
  );
});
