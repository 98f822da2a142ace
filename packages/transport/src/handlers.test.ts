import { describe, expect, it } from 'vitest';
import type { Delivery } from './delivery.js';
import type { TransportEvent } from './events.js';
import { Handlers } from './handlers.js';

function setUp(redelivered = false) {
  const events: TransportEvent[] = [];
  const rejected: boolean[] = [];
  let settled = false;
  const settle = (): boolean => {
    const isFirst = !settled;
    settled = true;
    return isFirst;
  };
  const delivery = {
    redelivered,
    ack: settle,
    reject: ({ requeue }) => {
      const isFirst = settle();
      if (isFirst) rejected.push(requeue);
      return isFirst;
    },
  } as Delivery;
  return { handlers: new Handlers((event) => events.push(event)), events, rejected, delivery };
}

const error = new Error('broken');

describe('a handler that fails', () => {
  it.each([
    ['throws', false, [true], 'requeued'],
    ['throws', true, [false], 'rejected'],
    ['rejects', false, [true], 'requeued'],
    ['rejects', true, [false], 'rejected'],
  ])('%s, redelivered: %s', async (how, redelivered, rejections, settled) => {
    const { handlers, events, rejected, delivery } = setUp(redelivered);
    handlers.run('q', how === 'throws' ? () => throwError() : async () => throwError(), delivery);
    await handlers.idle();
    expect(rejected).toEqual(rejections);
    expect(events).toEqual([{ type: 'handler-failed', queue: 'q', error, settled }]);
  });

  it('after it has settled the message leaves it settled', async () => {
    const { handlers, events, rejected, delivery } = setUp();
    handlers.run(
      'q',
      async (own) => {
        own.ack();
        throwError();
      },
      delivery,
    );
    await handlers.idle();
    expect(rejected).toEqual([]);
    expect(events).toMatchObject([{ type: 'handler-failed', settled: 'by-handler' }]);
  });
});

it('is idle when the last of several handlers has ended, and again later', async () => {
  const { handlers, delivery } = setUp();
  await handlers.idle();
  const releases: (() => void)[] = [];
  const handler = (): Promise<void> => new Promise((resolve) => releases.push(resolve));
  for (let round = 0; round < 2; round += 1) {
    for (let i = 0; i < 3; i += 1) handlers.run('q', handler, delivery);
    let isIdle = false;
    const idle = handlers.idle().then(() => {
      isIdle = true;
    });
    for (const release of releases.splice(1)) release();
    await Promise.resolve();
    await Promise.resolve();
    expect([handlers.running, isIdle]).toEqual([1, false]);
    for (const release of releases.splice(0)) release();
    await idle;
    expect(handlers.running).toBe(0);
  }
});

function throwError(): never {
  throw error;
}
