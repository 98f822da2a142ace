import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EntryList } from './entry-list.js';
import { messageOf, queueUnderTest } from './queue-fixtures.js';
import { Entry } from './queued-message.js';

const { queue } = queueUnderTest();
const message = messageOf('');

function entryOf(sequence: number): Entry {
  return new Entry(queue, message, sequence, false, 0, undefined, 0);
}

describe('a list of entries', () => {
  it('is in order of sequence whatever is put in and taken out', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('push', 'insert', 'shift', 'remove'), fc.nat(50))), (steps) => {
        const list = new EntryList();
        const model: Entry[] = [];
        const out: Entry[] = [];
        let sequence = 0;
        const take = (index: number) => {
          const [entry] = model.splice(index, 1);
          if (entry !== undefined) {
            list.remove(entry);
            out.push(entry);
          }
        };
        for (const [step, choice] of steps) {
          if (step === 'push') {
            sequence += 1;
            const entry = entryOf(sequence);
            list.push(entry);
            model.push(entry);
          } else if (step === 'insert') {
            const [entry] = out.splice(choice % (out.length || 1), 1);
            if (entry !== undefined) {
              list.insert(entry);
              model.push(entry);
              model.sort((one, other) => one.sequence - other.sequence);
            }
          } else if (model.length > 0) {
            take(step === 'shift' ? 0 : choice % model.length);
          }
          expect([...list]).toEqual(model);
          expect(list.length).toBe(model.length);
          expect(list.first).toBe(model[0]);
        }
      }),
    );
  });

  it('lets go of what it gave out', () => {
    const list = new EntryList();
    const [one, two] = [entryOf(1), entryOf(2)];
    list.push(one);
    list.push(two);
    list.remove(one);
    expect([one.next, one.previous, two.previous]).toEqual([undefined, undefined, undefined]);
  });
});
