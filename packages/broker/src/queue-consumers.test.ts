import fc from 'fast-check';
import { expect, it } from 'vitest';
import { QueueConsumers } from './queue-consumers.js';
import { consumerUnderTest } from './queue-fixtures.js';

it('gives consumers of one priority their turns evenly, whoever comes and goes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 6 }), fc.nat(20), fc.nat(5), (count, before, leaving) => {
      const consumers = new QueueConsumers(false);
      const all = Array.from({ length: count }, (_, index) => consumerUnderTest(String(index)));
      for (const consumer of all) {
        consumers.add(consumer);
      }
      for (let turn = 0; turn < before; turn += 1) {
        consumers.next();
      }
      const gone = all[leaving % count];
      expect(gone !== undefined && consumers.remove(gone)).toBe(true);
      const round = Array.from({ length: count - 1 }, () => consumers.next());
      expect(new Set(round)).toEqual(new Set(all.filter((consumer) => consumer !== gone)));
      expect(consumers.count).toBe(count - 1);
    }),
  );
});
