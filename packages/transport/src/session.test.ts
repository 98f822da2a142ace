import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Delivery } from './delivery.js';
import { ConnectionLostError } from './errors.js';
import type { Link } from './link.js';
import { openSession, type Session } from './session.js';
import { ModelChannel, type ModelOutcome } from './testing/model-channel.js';

interface Setup {
  readonly broker: ModelChannel;
  readonly session: Session;
  readonly deliveries: readonly Delivery[];
  readonly closing: AbortController;
  endReason: ConnectionLostError | undefined;
}

async function setUp(): Promise<Setup> {
  const broker = new ModelChannel();
  const closing = new AbortController();
  const deliveries: Delivery[] = [];
  const link = {
    closing: closing.signal,
    get endReason() {
      return setup.endReason;
    },
    openChannel: async () => broker.channel,
  } as Link;
  const setup = { broker, deliveries, closing, endReason: undefined } as unknown as Setup;
  const session = await openSession(link, { queue: { name: 'q' }, declare: true }, {}, (delivery) =>
    deliveries.push(delivery),
  );
  return Object.assign(setup, { session });
}

async function setUpWith(messages: number): Promise<Setup> {
  const setup = await setUp();
  for (let i = 0; i < messages; i += 1) setup.broker.deliver();
  return setup;
}

describe('acknowledgements', () => {
  it('of one turn are written as one, at its end', async () => {
    const { broker, deliveries } = await setUpWith(3);
    expect(deliveries.map((delivery) => delivery.ack())).toEqual([true, true, true]);
    expect(broker.written).toEqual([]);
    await turn();
    expect(broker.written).toEqual(['ack up to 3']);
  });

  it('of messages younger than one that is still handled are written singly', async () => {
    const { broker, deliveries } = await setUpWith(6);
    for (const i of [4, 1, 0, 5]) deliveries[i]?.ack();
    await turn();
    expect(broker.written).toEqual(['ack up to 2', 'ack 5', 'ack 6']);
    expect([...broker.outstanding]).toEqual([3, 4]);
  });

  it('are written before a rejection, which they do not include', async () => {
    const { broker, deliveries } = await setUpWith(3);
    deliveries[0]?.ack();
    deliveries[2]?.ack();
    deliveries[1]?.reject({ requeue: true });
    expect(broker.written).toEqual(['ack 1', 'ack 3', 'reject 2']);
    await turn();
    expect(broker.written).toHaveLength(3);
  });

  it('count once', async () => {
    const { broker, deliveries } = await setUpWith(2);
    expect(deliveries[0]?.ack()).toBe(true);
    expect(deliveries[0]?.ack()).toBe(false);
    expect(deliveries[0]?.reject({ requeue: true })).toBe(false);
    await turn();
    expect(deliveries[0]?.ack()).toBe(false);
    expect(broker.written).toEqual(['ack 1']);
  });

  it('are written before the consumer is cancelled', async () => {
    const { broker, deliveries, session } = await setUpWith(2);
    deliveries[0]?.ack();
    await session.cancel();
    expect(broker.written).toEqual(['ack 1', 'cancel']);
  });

  it('are written before the channel of a cancelled consumer closes, which waits for the last', async () => {
    const { broker, deliveries, session } = await setUpWith(3);
    await session.cancel();
    deliveries[0]?.ack();
    deliveries[1]?.ack();
    expect(broker.written).toEqual(['cancel']);
    deliveries[2]?.ack();
    await turn();
    expect(broker.written).toEqual(['cancel', 'ack up to 3', 'close']);
  });

  it('are written before the goodbye of the link, and refused after it', async () => {
    const { broker, deliveries, closing } = await setUpWith(3);
    deliveries[0]?.ack();
    closing.abort();
    expect(broker.written).toEqual(['ack 1']);
    expect(deliveries[1]?.ack()).toBe(false);
    expect(deliveries[2]?.reject({ requeue: true })).toBe(false);
  });

  it('are refused once the link or the channel has ended', async () => {
    const lost = await setUpWith(1);
    lost.endReason = new ConnectionLostError('h:5672', 'gone');
    expect(lost.deliveries[0]?.ack()).toBe(false);
    const closed = await setUpWith(1);
    closed.broker.emit('close');
    expect(closed.deliveries[0]?.ack()).toBe(false);
  });

  it('that a channel takes with it when it ends do no harm: the broker has the messages still', async () => {
    const { broker, deliveries, closing } = await setUpWith(3);
    expect(deliveries[0]?.ack()).toBe(true);
    broker.ending = true;
    expect(deliveries[1]?.reject({ requeue: true })).toBe(false);
    expect(deliveries[2]?.ack()).toBe(true);
    broker.emit('close');
    await turn();
    closing.abort();
    expect([...broker.outstanding]).toEqual([1, 2, 3]);
  });
});

describe('a delivery', () => {
  it('that comes after its channel or link has ended starts no handler', async () => {
    const { broker, deliveries } = await setUpWith(1);
    broker.emit('close');
    broker.deliver();
    expect(deliveries).toHaveLength(1);
    const lost = await setUpWith(1);
    lost.endReason = new ConnectionLostError('h:5672', 'gone');
    lost.broker.deliver();
    expect(lost.deliveries).toHaveLength(1);
  });

  it('that comes after our goodbye or the cancel starts no handler, and the latter is given back', async () => {
    const closing = await setUpWith(1);
    closing.closing.abort();
    closing.broker.deliver();
    expect(closing.deliveries).toHaveLength(1);
    const cancelled = await setUpWith(1);
    const done = cancelled.session.cancel();
    cancelled.broker.deliver();
    await done;
    expect(cancelled.deliveries).toHaveLength(1);
    expect(cancelled.broker.written).toEqual(['cancel', 'reject 2']);
    expect(cancelled.broker.outcomes.get(2)).toBe('requeued');
  });
});

it('settles each message once and as it was told, and no other, in whatever order', async () => {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.constant({ type: 'deliver' as const }) },
    { weight: 8, arbitrary: fc.record({ type: fc.constant('ack' as const), which: fc.nat(30) }) },
    {
      weight: 3,
      arbitrary: fc.record({ type: fc.constant('reject' as const), which: fc.nat(30), requeue: fc.boolean() }),
    },
    { weight: 2, arbitrary: fc.constant({ type: 'turn' as const }) },
    { weight: 1, arbitrary: fc.constant({ type: 'cancel' as const }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const { broker, deliveries, session } = await setUp();
      const told = new Map<number, ModelOutcome>();
      for (const one of steps) {
        if (one.type === 'turn') await turn();
        else if (one.type === 'cancel') await session.cancel();
        else if (one.type === 'deliver') {
          // The broker sends nothing more once it has confirmed the cancellation.
          if (session.active) broker.deliver();
        } else if (deliveries.length > 0) {
          const delivery = deliveries[one.which % deliveries.length];
          const tag = Number(delivery?.body.toString());
          const isFirst = !told.has(tag);
          const settled = one.type === 'ack' ? delivery?.ack() : delivery?.reject({ requeue: one.requeue });
          expect(settled).toBe(isFirst);
          if (isFirst) told.set(tag, one.type === 'ack' ? 'acked' : one.requeue ? 'requeued' : 'rejected');
        }
      }
      await turn();
      // The broker of the model throws at a second word about the same message.
      expect(broker.outcomes).toEqual(told);
      expect(broker.outstanding.size).toBe(deliveries.length - told.size);
      const left = !session.active && broker.outstanding.size === 0;
      expect(broker.written.includes('close')).toBe(left);
    }),
    { numRuns: 300 },
  );
});
