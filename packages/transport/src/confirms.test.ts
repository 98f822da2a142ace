import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Confirms } from './confirms.js';
import { Outgoing } from './outgoing.js';
import { ModelPublishChannel } from './testing/model-publish-link.js';

function message(body: string, routingKey = 'q', mandatory = true): Outgoing {
  const defaults = { publishTimeoutMs: 1_000, compression: 'none' } as const;
  return new Outgoing({ routingKey }, Buffer.from(body), { headers: {}, deliveryMode: 2 }, { mandatory }, defaults);
}

function open() {
  const channel = new ModelPublishChannel();
  const confirmed: [Outgoing, boolean][] = [];
  const strays: string[] = [];
  let retired = 0;
  const confirms = new Confirms(channel, {
    confirmed: (outgoing, nacked) => confirmed.push([outgoing, nacked]),
    strayReturned: (_exchange, routingKey) => strays.push(routingKey),
    closed: () => {},
    retired: () => {
      retired += 1;
    },
  });
  return { channel, confirms, confirmed, strays, retired: () => retired };
}

describe('Confirms', () => {
  it('settle every message once, in whatever order and groups the broker confirms', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            publish: fc.nat({ max: 200 }),
            tag: fc.nat({ max: 300 }),
            multiple: fc.boolean(),
            nacked: fc.boolean(),
          }),
        ),
        (steps) => {
          const { channel, confirms, confirmed } = open();
          const open_ = new Map<number, Outgoing>();
          const expected: [Outgoing, boolean][] = [];
          let tags = 0;
          for (const { publish, tag, multiple, nacked } of steps) {
            for (let i = 0; i < publish; i += 1) {
              tags += 1;
              const outgoing = message('x');
              confirms.publish(outgoing);
              open_.set(tags, outgoing);
            }
            channel.confirm(tag, { multiple, nacked });
            for (const [number, outgoing] of open_) {
              if (!(multiple ? number <= tag || tag === 0 : number === tag)) continue;
              open_.delete(number);
              expected.push([outgoing, nacked]);
            }
            expect(confirms.size).toBe(open_.size);
          }
          expect(confirmed.length).toBe(expected.length);
          expect(
            confirmed.every(([outgoing, nacked], i) => outgoing === expected[i]?.[0] && nacked === expected[i]?.[1]),
          ).toBe(true);
          expect(confirms.abandon()).toEqual([...open_.values()]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('match each of many equal messages to one return, the oldest first', () => {
    const { channel, confirms, confirmed } = open();
    const messages = Array.from({ length: 5 }, () => message('equal'));
    for (const outgoing of messages) confirms.publish(outgoing);
    channel.return(messages[0]);
    channel.return(messages[0]);
    channel.confirm(5, { multiple: true });
    expect(confirmed.map(([{ returned }]) => returned?.replyCode)).toEqual([312, 312, undefined, undefined, undefined]);
  });

  it('look at each of many messages a constant number of times for all their returns', () => {
    const { channel, confirms } = open();
    let compared = 0;
    const messages = Array.from({ length: 10_000 }, () => {
      const outgoing = message('equal');
      const { body } = outgoing;
      const { equals } = body;
      body.equals = (other) => {
        compared += 1;
        return equals.call(body, other);
      };
      return outgoing;
    });
    for (const outgoing of messages) confirms.publish(outgoing);
    for (const outgoing of messages) channel.return(outgoing);
    expect(messages.every(({ returned }) => returned !== undefined)).toBe(true);
    expect(compared).toBe(10_000);
  });

  it('find one that a broker returns out of order, and no message that is not mandatory', () => {
    const { channel, confirms, strays } = open();
    const first = message('first');
    const last = message('last');
    for (const outgoing of [first, message('first', 'q', false), last]) confirms.publish(outgoing);
    channel.return(last);
    channel.return(first);
    channel.return(first);
    expect([first.returned, last.returned]).toMatchObject([{ replyCode: 312 }, { replyCode: 312 }]);
    expect(strays).toEqual(['q']);
  });

  it('hear nothing more once abandoned', () => {
    const { channel, confirms, confirmed } = open();
    confirms.publish(message('x'));
    confirms.abandon();
    channel.confirm(1);
    expect(confirmed).toEqual([]);
    expect(confirms.size).toBe(0);
  });

  it('closes a channel that has retired with its last confirm, and not before', () => {
    const { channel, confirms, confirmed, retired } = open();
    for (const body of ['a', 'b', 'c']) confirms.publish(message(body));
    confirms.retire();
    channel.confirm(2, { multiple: true });
    expect([confirms.open, channel.closed, retired()]).toEqual([true, false, 0]);
    channel.confirm(3, { nacked: true });
    expect([confirms.open, channel.closed, retired()]).toEqual([false, true, 1]);
    expect(confirmed.map(([outgoing, nacked]) => [outgoing.body.toString(), nacked])).toEqual([
      ['a', false],
      ['b', false],
      ['c', true],
    ]);
  });

  it('closes one that waits for nothing at once', () => {
    const { channel, confirms, retired } = open();
    confirms.retire();
    expect([channel.closed, retired()]).toEqual([true, 1]);
  });
});
