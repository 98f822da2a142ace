import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RequestInfo } from './endpoint.js';
import { body, gate, replies, results, setUpServer } from './testing/server-setup.js';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets everything happen that needs no time to pass. */
const turn = () => vi.advanceTimersByTimeAsync(0);
const within = (expirationMs: number) => ({ contentType: 'application/json', expirationMs });

describe('a method', () => {
  it('learns how long its caller waits', async () => {
    const seen: unknown[] = [];
    const { transport, server } = setUpServer({
      m: (_args, { deadline, remainingMs }: RequestInfo) => void seen.push([deadline, remainingMs]),
    });
    await server.start();
    transport.inject('t', body('m'), within(5_000));
    transport.inject('t', body('m'));
    // How long a cast may stay in the queue is between its sender and the broker.
    transport.inject('t', body('m', {}, { cast: true }), within(5_000));
    await turn();
    expect(seen).toEqual([
      [new Date(1_005_000), 5_000],
      [null, null],
      [null, null],
    ]);
    await server.stop();
  });

  it('that heeds its signal ends when the time of its caller is over, and has not failed', async () => {
    const { transport, server, events } = setUpServer({
      m: (_args, { signal }: RequestInfo) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    await server.start();
    transport.inject('t', body('m', {}, { id: 'a' }), within(5_000));
    await vi.advanceTimersByTimeAsync(4_999);
    expect([replies(transport), events]).toEqual([[], []]);
    await vi.advanceTimersByTimeAsync(1);
    expect(events).toEqual([{ type: 'request-expired', method: 'm', uniqueId: 'a', ran: true }]);
    // The caller's client still hears of it, and can say how late it was.
    expect(JSON.parse(String(replies(transport)[0]?.['failure']))).toMatchObject({ class: 'DeadlineExceededError' });
    expect(vi.getTimerCount()).toBe(0);
    await server.stop();
  });

  it('that heeds nothing is answered for when it ends, and the event says that nobody waited', async () => {
    const { promise, open } = gate();
    const { transport, server, events } = setUpServer({ m: () => promise });
    await server.start();
    transport.inject('t', body('m', {}, { id: 'a' }), within(5_000));
    await vi.advanceTimersByTimeAsync(6_000);
    open('late');
    await turn();
    expect(results(transport)).toEqual(['late']);
    expect(events).toEqual([{ type: 'request-expired', method: 'm', uniqueId: 'a', ran: true }]);
    await server.stop();
  });

  it('makes no timer where nobody asks for the signal', async () => {
    const { promise, open } = gate();
    const { transport, server } = setUpServer({ m: () => promise });
    await server.start();
    transport.inject('t', body('m'), within(5_000));
    await turn();
    expect(vi.getTimerCount()).toBe(0);
    open();
    await turn();
    await server.stop();
  });
});

it.each(['before', 'after'] as const)(
  'a request whose time is over when its turn comes is not run and not answered: acknowledge %s',
  async (acknowledge) => {
    const first = gate();
    const run = vi.fn(() => first.promise);
    const { transport, server, events } = setUpServer({ run }, { concurrency: 1, acknowledge });
    await server.start();
    transport.inject('t', body('run', {}, { id: 'a' }), within(60_000));
    transport.inject('t', body('run', {}, { id: 'b' }), within(5_000));
    transport.inject('t', body('run', {}, { id: 'c' }), within(60_000));
    await vi.advanceTimersByTimeAsync(5_000);
    first.open(1);
    await turn();
    expect([run.mock.calls.length, results(transport)]).toEqual([2, [1, 1]]);
    expect(events).toEqual([{ type: 'request-expired', method: 'run', uniqueId: 'b', ran: false }]);
    expect(transport.settlements.map(({ action }) => action)).toEqual(['ack', 'ack', 'ack']);
    await server.stop();
  },
);

it('a request whose time is over as it arrives is not run', async () => {
  const run = vi.fn();
  const { transport, server, events } = setUpServer({ run });
  await server.start();
  transport.inject('t', body('run', {}, { id: 'a' }), within(0));
  await turn();
  expect(run).not.toHaveBeenCalled();
  expect(events).toEqual([{ type: 'request-expired', method: 'run', uniqueId: 'a', ran: false }]);
  await server.stop();
});
