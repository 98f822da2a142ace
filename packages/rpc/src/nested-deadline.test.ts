import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { encodeCancel, isCancel } from './cancel-message.js';
import { decodeEnvelope } from './envelope.js';
import { createRpcClient, type RpcCaller, type RpcClient } from './index.js';
import { cancels } from './testing/client-setup.js';
import type { FakeTransport } from './testing/fake-transport.js';
import { body, setUpServer } from './testing/server-setup.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const within = (expirationMs: number) => ({ contentType: 'application/json', expirationMs });

/** A server whose method does as told with a client for topic `deep`, where nobody answers. */
async function setUp(act: (client: RpcClient) => unknown) {
  const found: { client?: RpcClient } = {};
  const outcomes: unknown[] = [];
  const method = async () => {
    try {
      return await act(found.client as RpcClient);
    } catch (error) {
      outcomes.push(error);
      throw error;
    }
  };
  const { transport, server, events } = setUpServer({ m: method });
  found.client = createRpcClient(transport, { topic: 'deep' });
  await server.start();
  const stop = async (): Promise<void> => {
    await found.client?.close();
    await server.stop();
  };
  return { transport, outcomes, events, stop };
}

/** What was asked of topic `deep`, as `_timeout` of the broker. */
const expirations = (transport: FakeTransport): unknown[] =>
  transport.published.filter(({ routingKey }) => routingKey === 'deep').map(({ options }) => options.expirationMs);

describe('a call that a method makes', () => {
  it.each<[string, (client: RpcClient) => RpcCaller, object, number]>([
    ['has what is left of the time of the request', (client) => client, {}, 3_000],
    ['has less if it says so', (client) => client, { timeoutMs: 1_000 }, 1_000],
    ['has no more if it says so', (client) => client, { timeoutMs: 90_000 }, 3_000],
    ['has the same by a prepared caller', (client) => client.prepare({ namespace: 'x' }), {}, 3_000],
    ['has its own time if it says so', (client) => client, { inheritDeadline: false }, 60_000],
    ['has its own time if its caller says so', (client) => client.prepare({ inheritDeadline: false }), {}, 60_000],
  ])('%s', async (_name, callerOf, options, expected) => {
    const { transport, stop } = await setUp(async (client) => {
      await wait(2_000);
      await callerOf(client).call('m', {}, options);
    });
    transport.inject('t', body('m'), within(5_000));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(expirations(transport)).toEqual([expected]);
    await stop();
  });

  it('says so when that time was not enough', async () => {
    const { transport, outcomes, stop } = await setUp((client) => client.call('m'));
    transport.inject('t', body('m'), within(5_000));
    await vi.advanceTimersByTimeAsync(5_010);
    expect(outcomes).toEqual([
      expect.objectContaining({
        code: 'ERR_LEVERET_TIMEOUT',
        stage: 'reply',
        timeoutMs: 5_000,
        message: expect.stringContaining(
          'timed out after 5000 ms that were left of the time of the request whose method made it, waiting for the reply',
        ),
      }),
    ]);
    await stop();
  });

  it('is not begun when nothing is left', async () => {
    const { transport, outcomes, stop } = await setUp(async (client) => {
      await wait(6_000);
      await client.call('m');
    });
    transport.inject('t', body('m'), within(5_000));
    await vi.advanceTimersByTimeAsync(6_000);
    expect(outcomes).toEqual([
      expect.objectContaining({
        code: 'ERR_LEVERET_TIMEOUT',
        stage: 'not-begun',
        cause: expect.objectContaining({ code: 'ERR_LEVERET_DEADLINE_EXCEEDED' }),
      }),
    ]);
    expect(expirations(transport)).toEqual([]);
    await stop();
  });

  it.each([
    ['abort', 'CallCancelledError', 'abort', 'request-cancelled'],
    ['timeout', 'DeadlineExceededError', 'timeout', 'request-expired'],
  ] as const)('is given up with the request, and so on: %s', async (cause, name, onward, event) => {
    const { transport, outcomes, events, stop } = await setUp((client) => client.call('m'));
    const request = body('m');
    transport.inject('t', request, within(5_000));
    await vi.advanceTimersByTimeAsync(100);
    const messageIds = [String(decodeEnvelope(request)['_msg_id'])];
    const destination = { exchange: { name: 'openstack', type: 'topic' }, routingKey: 'leveret_cancel.t' } as const;
    await transport.publish(destination, encodeCancel({ messageIds, cause, lifeMs: 0 }), within(60_000));
    await vi.advanceTimersByTimeAsync(0);
    expect(outcomes).toEqual([expect.objectContaining({ name })]);
    expect(cancels(transport).at(-1)).toMatchObject({ routingKey: 'leveret_cancel.deep', cause: onward });
    expect(events.map(({ type }) => type)).toEqual([event]);
    await stop();
  });

  it('is not begun when the request was given up', async () => {
    const { transport, outcomes, stop } = await setUp(async (client) => {
      await wait(1_000);
      await client.call('m');
    });
    const request = body('m');
    transport.inject('t', request, within(5_000));
    await vi.advanceTimersByTimeAsync(0);
    const messageIds = [String(decodeEnvelope(request)['_msg_id'])];
    const destination = { exchange: { name: 'openstack', type: 'topic' }, routingKey: 'leveret_cancel.t' } as const;
    await transport.publish(destination, encodeCancel({ messageIds, cause: 'abort', lifeMs: 0 }), within(60_000));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(outcomes).toEqual([expect.objectContaining({ name: 'CallCancelledError' })]);
    expect(expirations(transport)).toEqual([]);
    await stop();
  });
});

describe('what a method leaves behind', () => {
  it('has its own time once the method has ended', async () => {
    const { transport, stop } = await setUp((client) => {
      void wait(1_000)
        .then(() => client.call('m'))
        .catch(() => {});
      return 'at once';
    });
    transport.inject('t', body('m'), within(5_000));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(expirations(transport)).toEqual([60_000]);
    await stop();
  });

  it('such as a cast, is sent however little is left', async () => {
    const { transport, outcomes, stop } = await setUp(async (client) => {
      await wait(6_000);
      await client.cast('m');
    });
    transport.inject('t', body('m'), within(5_000));
    await vi.advanceTimersByTimeAsync(6_000);
    expect([outcomes, expirations(transport)]).toEqual([[], [undefined]]);
    expect(transport.published.some(isCancel)).toBe(false);
    await stop();
  });
});
