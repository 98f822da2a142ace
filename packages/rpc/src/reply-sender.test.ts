import { ConnectionLostError } from '@leveret/transport';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decodeEnvelope } from './envelope.js';
import { body, results, setUpServer } from './testing/server-setup.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets everything happen that needs no time to pass. */
const turn = () => vi.advanceTimersByTimeAsync(0);

describe('a reply whose queue is missing', () => {
  it('is tried again every quarter of a second, and arrives when the queue is there', async () => {
    const { transport, server, events } = setUpServer({ m: ({ n }) => n });
    await server.start();
    for (const n of [1, 2, 3]) transport.inject('t', body('m', { n }, { queue: 'late' }));
    await vi.advanceTimersByTimeAsync(1_000);
    // Three to begin with, then one probe for all of them.
    expect(transport.published).toHaveLength(3 + 4);
    transport.declare('late');
    await vi.advanceTimersByTimeAsync(250);
    expect(transport.waiting('late').map((each) => decodeEnvelope(each)['result'])).toEqual([1, 2, 3]);
    expect(events).toEqual([{ type: 'reply-delayed', queue: 'late' }]);
    await server.stop();
  });

  it('is given up after the time allowed, and so are others to that queue for a minute', async () => {
    const { transport, server, events } = setUpServer({ m: () => 1 }, { missingReplyQueueTimeoutMs: 3_000 });
    await server.start();
    transport.inject('t', body('m', {}, { queue: 'gone' }));
    await vi.advanceTimersByTimeAsync(4_000);
    // As oslo: one, and a dozen retries within three seconds.
    expect(transport.published).toHaveLength(13);
    transport.inject('t', body('m', {}, { queue: 'gone' }));
    await turn();
    expect(transport.published).toHaveLength(13);
    const dropped = { type: 'reply-dropped', queue: 'gone', reason: 'queue-missing' };
    expect(events).toMatchObject([{ type: 'reply-delayed' }, dropped, dropped]);
    await vi.advanceTimersByTimeAsync(60_000);
    transport.inject('t', body('m', {}, { queue: 'gone' }));
    await turn();
    expect(transport.published).toHaveLength(14);
    await server.stop();
    expect(events.at(-1)).toMatchObject({ type: 'reply-dropped', queue: 'gone', reason: 'stopped' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('holds up no other request', async () => {
    const { transport, server } = setUpServer({ m: ({ n }) => n }, { concurrency: 1 });
    await server.start();
    transport.inject('t', body('m', { n: 1 }, { queue: 'gone' }));
    transport.inject('t', body('m', { n: 2 }));
    await turn();
    expect(results(transport)).toEqual([2]);
    await server.stop();
  });

  it('that fails otherwise is dropped and told', async () => {
    const { transport, server, events } = setUpServer({ m: () => 1 });
    const error = new ConnectionLostError('h:1', 'lost');
    transport.onPublish = () => error;
    await server.start();
    transport.inject('t', body('m'));
    transport.inject('t', '{"method": "m", "_msg_id": "M0"}');
    await turn();
    expect(events).toEqual([
      { type: 'reply-dropped', queue: undefined, messageId: 'M0', reason: 'no-queue-named' },
      { type: 'reply-dropped', queue: 'reply_q', messageId: expect.any(String), reason: 'not-sent', error },
    ]);
    await server.stop();
  });
});
