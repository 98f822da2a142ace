import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CancelCause, encodeCancel } from './cancel-message.js';
import { Cancellations } from './cancellations.js';
import type { RequestInfo } from './endpoint.js';
import { RequestScope } from './request-scope.js';
import type { FakeTransport } from './testing/fake-transport.js';
import { body, gate, replies, setUpServer } from './testing/server-setup.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets everything happen that needs no time to pass. */
const turn = () => vi.advanceTimersByTimeAsync(0);
const JSON_PROPERTIES = { contentType: 'application/json', expirationMs: 60_000 };
const OPENSTACK = { name: 'openstack', type: 'topic' } as const;

/** Says that the request with this body was given up, as a client does. */
async function cancel(transport: FakeTransport, request: string, cause: CancelCause, key = 't'): Promise<void> {
  const [, messageId = ''] = /_msg_id\\":\\"(\w+)/u.exec(request) ?? [];
  const destination = { exchange: OPENSTACK, routingKey: `leveret_cancel.${key}` };
  await transport.publish(
    destination,
    encodeCancel({ messageIds: ['another', messageId], cause, lifeMs: 0 }),
    JSON_PROPERTIES,
  );
  await turn();
}

describe('a method that runs', () => {
  it.each([
    ['abort', 't', { type: 'request-cancelled', by: 'abort' }, 'CallCancelledError'],
    ['close', 't.s', { type: 'request-cancelled', by: 'close' }, 'CallCancelledError'],
    ['timeout', 't', { type: 'request-expired' }, 'DeadlineExceededError'],
  ] as const)('learns at once that its caller has given up: %s', async (cause, key, event, name) => {
    const reasons: unknown[] = [];
    const { transport, server, events } = setUpServer({
      m: (_args, { signal }: RequestInfo) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reasons.push(signal.reason);
            reject(signal.reason);
          });
        }),
    });
    await server.start();
    const request = body('m', {}, { id: 'a' });
    transport.inject('t', request, JSON_PROPERTIES);
    await turn();
    await cancel(transport, request, cause, key);
    expect(reasons).toEqual([expect.objectContaining({ name })]);
    expect(events).toEqual([{ method: 'm', uniqueId: 'a', ran: true, ...event }]);
    expect(vi.getTimerCount()).toBe(0);
    await server.stop();
  });
});

describe('a method that does not run yet', () => {
  it('is not run, and not answered, when its turn comes', async () => {
    const first = gate();
    const run = vi.fn(() => first.promise);
    const { transport, server, events } = setUpServer({ run }, { concurrency: 1 });
    await server.start();
    const waiting = body('run', {}, { id: 'b' });
    transport.inject('t', body('run', {}, { id: 'a' }));
    transport.inject('t', waiting);
    await turn();
    await cancel(transport, waiting, 'abort');
    first.open();
    await turn();
    expect([run.mock.calls.length, replies(transport).length]).toEqual([1, 1]);
    expect(events).toEqual([{ type: 'request-cancelled', method: 'run', uniqueId: 'b', ran: false, by: 'abort' }]);
    expect(transport.settlements.every(({ action }) => action === 'ack')).toBe(true);
    await server.stop();
  });

  it('is not given back by a server that stops', async () => {
    const { promise, open } = gate();
    const { transport, server } = setUpServer({ m: () => promise }, { concurrency: 1 });
    await server.start();
    const waiting = body('m');
    transport.inject('t', body('m'));
    transport.inject('t', waiting);
    await turn();
    await cancel(transport, waiting, 'close');
    const stopped = server.stop();
    open();
    await stopped;
    expect(transport.waiting('t')).toEqual([]);
  });

  it('is not run when it comes after its own cancel, for a minute', async () => {
    const run = vi.fn();
    const { transport, server } = setUpServer({ run });
    await server.start();
    const request = body('run');
    await cancel(transport, request, 'abort');
    await vi.advanceTimersByTimeAsync(59_000);
    transport.inject('t', request);
    await turn();
    expect(run).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1_000);
    transport.inject('t', request);
    await turn();
    expect(run).toHaveBeenCalledTimes(1);
    await server.stop();
  });
});

it('remembers so many, and forgets the oldest first', () => {
  const cancellations = new Cancellations();
  const messageIds = Array.from({ length: 10_001 }, (_, index) => `M${index}`);
  cancellations.cancel({ messageIds, cause: 'abort', lifeMs: 0 });
  const [oldest, next] = [new RequestScope(undefined, 'M0'), new RequestScope(undefined, 'M1')];
  cancellations.apply(oldest);
  cancellations.apply(next);
  expect([oldest.over, next.over?.name]).toEqual([undefined, 'CallCancelledError']);
});

it('a message that says nothing of the kind is refused, and harms nobody', async () => {
  const { transport, server, events } = setUpServer({ m: () => 1 });
  await server.start();
  const destination = { exchange: OPENSTACK, routingKey: 'leveret_cancel.t' };
  for (const odd of ['{"_leveret_cancel": "M1"}', '{"_leveret_cancel": [1]}', 'no JSON', '{}']) {
    await transport.publish(destination, odd, JSON_PROPERTIES);
  }
  await turn();
  expect(events.map(({ type }) => type)).toEqual(Array.from({ length: 4 }, () => 'request-malformed'));
  expect(transport.settlements.every(({ action }) => action === 'reject')).toBe(true);
  transport.inject('t', body('m'));
  await turn();
  expect(replies(transport)).toHaveLength(1);
  await server.stop();
});

describe('what a server hears it by', () => {
  const bindings = async (options: Parameters<typeof setUpServer>[1]): Promise<unknown[]> => {
    const { transport, server } = setUpServer({ m: () => 1 }, options);
    await server.start();
    await server.stop();
    return (transport.consumed[2]?.source.bindings ?? []).map(({ exchange, routingKey }) => [
      exchange.name,
      routingKey,
    ]);
  };

  it('is its fanout queue, bound to the exchange that requests come by', async () => {
    expect(await bindings({})).toEqual([
      ['t_fanout', 't'],
      ['openstack', 'leveret_cancel.t'],
      ['openstack', 'leveret_cancel.t.s'],
    ]);
  });

  it('is nothing where it is not wanted, or where Python servers read the same stream', async () => {
    expect(await bindings({ cancelRemote: false })).toEqual([['t_fanout', 't']]);
    expect(await bindings({ streamFanout: true, transientQuorum: true })).toEqual([['t_fanout', 't']]);
  });
});
