import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setUpClient } from './testing/client-setup.js';
import { loadVectors } from './testing/fixtures.js';
import { body, gate, replies, setUpServer } from './testing/server-setup.js';

// What oslo.messaging was seen to do, where it needs no broker to be seen here: the rest is in test/behaviours.test.ts.

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets everything happen that needs no time to pass. */
const turn = () => vi.advanceTimersByTimeAsync(0);

describe('unusual timeouts of a call', () => {
  type Seen = { timeout: number; expiration: string | null; outcome: unknown };
  const observed = loadVectors<{ kind: string; result: Seen[] }>('behaviours', 'odd_timeouts').flatMap(
    ({ result }) => result,
  );
  // Deviations: there 0 reconnects for ever, a negative one is told as a failure to connect, one below a millisecond
  // expires before it is routed, and one beyond what a timer can wait for would fire at once here.
  const refused = [0, -1, 0.0004, 5_000_000];

  it.each(observed)('$timeout s', async ({ timeout, expiration }) => {
    const { transport, client } = setUpClient();
    const outcome = client.call('m', {}, { timeoutMs: timeout * 1000 }).catch((error: unknown) => error);
    await turn();
    if (refused.includes(timeout)) {
      expect(await outcome).toMatchObject({ code: 'ERR_LEVERET_INVALID_ARGUMENT' });
      expect(transport.published).toEqual([]);
      return;
    }
    expect(String(transport.published[0]?.options.expirationMs)).toBe(expiration);
    await vi.advanceTimersByTimeAsync(timeout * 1000 + 10);
    expect(await outcome).toMatchObject({ code: 'ERR_LEVERET_TIMEOUT', stage: 'reply' });
    await client.close();
  });
});

it.each(loadVectors<Missing>('behaviours', 'reply_queue_gone'))(
  'a reply whose queue is gone is tried as often: $id',
  async ({ result: observed }) => {
    const { transport, server, events } = setUpServer({ m: () => 1 }, { missingReplyQueueTimeoutMs: 3_000 });
    await server.start();
    transport.inject('t', body('m', {}, { queue: 'reply_gone' }));
    await vi.advanceTimersByTimeAsync(4_000);
    expect(transport.published).toHaveLength(observed.publish_attempts_first_message);
    transport.inject('t', body('m', {}, { queue: 'reply_gone' }));
    await turn();
    expect(transport.published).toHaveLength(
      observed.publish_attempts_first_message + observed.attempts_second_message,
    );
    const [{ exchange, routing_key: routingKey }] = observed.basic_return;
    expect(transport.published[0]).toMatchObject({ exchange, routingKey });
    expect(events.at(-1)).toMatchObject({ type: 'reply-dropped', reason: 'queue-missing' });
    await server.stop();
  },
);

interface Missing {
  readonly id: string;
  readonly kind: string;
  readonly result: {
    readonly publish_attempts_first_message: number;
    readonly attempts_second_message: number;
    readonly basic_return: readonly [{ readonly exchange: string; readonly routing_key: string }];
  };
}

it('deviation: a monitored call of a method that does not exist is answered, and no heartbeat follows', async () => {
  const [observed] = loadVectors<{ kind: string; result: { messages_in_next_4_5_s: unknown[] } }>(
    'behaviours',
    'watchdog_leak_on_no_such_method',
  );
  expect(observed?.result.messages_in_next_4_5_s).toHaveLength(4);
  const { transport, server } = setUpServer({ m: () => 1 });
  await server.start();
  transport.inject('t', body('does_not_exist', {}, { monitor: 2 }));
  await turn();
  await vi.advanceTimersByTimeAsync(4_500);
  expect(replies(transport)).toMatchObject([{ ending: true, failure: expect.stringContaining('NoSuchMethod') }]);
  expect(vi.getTimerCount()).toBe(0);
  await server.stop();
});

it('deviation: of many casts only those that run are acknowledged, and a stop gives the others back', async () => {
  const [observed] = loadVectors<{ kind: string; result: Record<string, { acked: number }> }>(
    'behaviours',
    'prefetch_and_ack_before_dispatch',
  );
  expect(observed?.result['prefetch=5']?.acked).toBe(60);
  const { promise, open } = gate();
  const { transport, server } = setUpServer({ m: () => promise }, { concurrency: 2 });
  await server.start();
  for (let cast = 0; cast < 60; cast += 1) transport.inject('t', body('m', {}, { cast: true }));
  await turn();
  const settled = (action: string) => transport.settlements.filter((each) => each.action === action).length;
  expect([settled('ack'), settled('requeue')]).toEqual([2, 0]);
  const stopped = server.stop();
  open();
  await stopped;
  expect([settled('ack'), settled('requeue'), transport.waiting('t').length]).toEqual([2, 58, 58]);
});

it('deviation: results and errors that JSON cannot carry are answered; there the caller times out', async () => {
  const [observed] = loadVectors<{ kind: string; result: Record<string, [string, string, number]> }>(
    'behaviours',
    'unserialisable_results_and_failures',
  );
  expect(observed?.result['return object()']?.[1]).toContain('MessagingTimeout');
  const { transport, server } = setUpServer({
    result: () => () => 1,
    error: () =>
      Promise.reject(Object.assign(new Error('e'), { remoteType: 'UnicodeDecodeError', args: [1n, () => 1] })),
  });
  await server.start();
  for (const method of ['result', 'error']) transport.inject('t', body(method));
  await turn();
  const failures = replies(transport).map(({ failure }) => (JSON.parse(String(failure)) as { class: string }).class);
  expect(failures.toSorted()).toEqual(['RuntimeError', 'UnicodeDecodeError']);
  await server.stop();
});

it('deviation: an idle server and an idle client stop without any time passing; there they wait for a poll to end', async () => {
  const [observed] = loadVectors<{ kind: string; result: { idle_12s_server: { stop_s: number } } }>(
    'behaviours',
    'stop_latency',
  );
  expect(observed?.result.idle_12s_server.stop_s).toBeGreaterThan(0.5);
  const { server } = setUpServer({ m: () => 1 });
  const { client } = setUpClient();
  await server.start();
  // Time stands still: what waited for some would never end.
  await Promise.all([server.stop(), client.close()]);
  expect([server.status, vi.getTimerCount()]).toEqual(['stopped', 0]);
});

it('every behaviour that was seen has its test, or a reason to have none', () => {
  const here = [
    'odd_timeouts',
    'reply_queue_gone',
    'watchdog_leak_on_no_such_method',
    'prefetch_and_ack_before_dispatch',
    'unserialisable_results_and_failures',
    'stop_latency',
  ];
  const onBroker = [
    'mandatory_return',
    'reply_queue_deleted_while_waiting',
    'connection_drop_server_and_client',
    'queue_not_scoped_by_exchange',
    'exchange_durable_conflict',
    'cast_to_exchange_without_server',
  ];
  const reasons = {
    pool_behaviour: 'there is no pool: all publishes share one connection, many confirms in flight',
    heartbeat_dead_peer: 'the heart is the transport’s, and is measured there',
  };
  const seen = loadVectors<{ kind: string }>('behaviours').map(({ kind }) => kind);
  expect([...new Set(seen)].toSorted()).toEqual([...here, ...onBroker, ...Object.keys(reasons)].toSorted());
});
