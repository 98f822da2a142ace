import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Acknowledgements, type Held } from './acknowledgements.js';

interface Message {
  readonly fields: { readonly deliveryTag: number };
}

const message = (deliveryTag: number): Message => ({ fields: { deliveryTag } });

/** What a broker that holds `unsettled` takes off for what is told it. */
function tell(acknowledgements: Acknowledgements<Message>, unsettled: Set<number>): void {
  for (const { message, multiple } of acknowledgements.take()) {
    const { deliveryTag } = message.fields;
    for (const tag of [...unsettled]) if (tag === deliveryTag || (multiple && tag < deliveryTag)) unsettled.delete(tag);
  }
}

it('acknowledges in one what came in one, and settles each message once', () => {
  const acknowledgements = new Acknowledgements<Message>();
  const held = [1, 2, 3].map((tag) => acknowledgements.received(message(tag)));
  const [first, second, third] = held as [Held<Message>, Held<Message>, Held<Message>];
  expect([second, first, second].map((each) => acknowledgements.ack(each))).toEqual([true, true, false]);
  expect([acknowledgements.unsettled, acknowledgements.pending]).toEqual([1, 2]);
  expect(acknowledgements.take()).toEqual([{ message: message(2), multiple: true }]);
  acknowledgements.rejected(third);
  acknowledgements.rejected(third);
  expect([acknowledgements.unsettled, acknowledgements.ack(third), acknowledgements.take()]).toEqual([0, false, []]);
});

it('leaves the broker with what is not settled, in whatever order handlers settle', () => {
  const step = fc.record({ act: fc.constantFrom('receive', 'receive', 'ack', 'reject', 'take'), index: fc.nat() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const acknowledgements = new Acknowledgements<Message>();
      // What each side thinks is not settled.
      const ours = new Map<number, Held<Message>>();
      const brokers = new Set<number>();
      let lastTag = 0;
      for (const { act, index } of steps) {
        const chosen = [...ours.values()][index % Math.max(1, ours.size)];
        if (act === 'receive') {
          lastTag += 1;
          ours.set(lastTag, acknowledgements.received(message(lastTag)));
          brokers.add(lastTag);
        } else if (act === 'take' || chosen === undefined) {
          tell(acknowledgements, brokers);
          expect([...brokers]).toEqual([...ours.keys()]);
        } else {
          const { deliveryTag } = chosen.message.fields;
          ours.delete(deliveryTag);
          if (act === 'ack') acknowledgements.ack(chosen);
          else {
            tell(acknowledgements, brokers);
            acknowledgements.rejected(chosen);
            brokers.delete(deliveryTag);
          }
        }
        expect(acknowledgements.unsettled).toBe(ours.size);
      }
    }),
  );
});
