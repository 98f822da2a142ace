import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newId } from './ids.js';
import { type Tabled, WaiterTable } from './waiter-table.js';

interface Entry extends Tabled {
  readonly messageId: string;
}

const entry = (messageId: string): Entry => ({ messageId, nextInTable: undefined });

describe('WaiterTable', () => {
  it('holds what a Map would, whatever the ids are', () => {
    const id = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('', 'a', 'aa', 'same-end', 'the same-end'));
    const step = fc.record({ add: fc.boolean(), id });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const table = new WaiterTable<Entry>();
        const map = new Map<string, Entry>();
        for (const { add, id } of steps) {
          const held = map.get(id);
          if (add && held === undefined) {
            const added = entry(id);
            map.set(id, added);
            table.add(added);
          } else if (!add && held !== undefined) {
            map.delete(id);
            table.delete(held);
          }
          expect(table.get(id)).toBe(map.get(id));
        }
        expect(table.size).toBe(map.size);
        expect(new Set(table.all())).toEqual(new Set(map.values()));
      }),
    );
  });

  it('finds each of ten thousand, and none when they are gone', () => {
    const table = new WaiterTable<Entry>();
    const entries = Array.from({ length: 10_000 }, () => entry(newId()));
    for (const each of entries) table.add(each);
    expect(entries.every((each) => table.get(each.messageId) === each)).toBe(true);
    for (const each of entries) table.delete(each);
    expect([table.size, table.all(), table.get(entries[0]?.messageId ?? '')]).toEqual([0, [], undefined]);
  });

  it('lets go of what is not in it without harm', () => {
    const table = new WaiterTable<Entry>();
    const [one, other] = [entry('one'), entry('one')];
    table.add(one);
    table.delete(other);
    expect([table.size, table.get('one')]).toEqual([1, one]);
  });
});
