import { MessageDeliveryError } from '@leveret/transport';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isCancel } from './cancel-message.js';
import { answer, cancels, request, setUpClient } from './testing/client-setup.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets everything happen that needs no time to pass. */
const turn = () => vi.advanceTimersByTimeAsync(0);
const ignore = (): void => {};

describe('servers are told of a call that is given up', () => {
  it('by its signal: all calls of one turn in one message, which nobody needs to hear', async () => {
    const { transport, client } = setUpClient({ timeoutMs: 90_000 });
    const controller = new AbortController();
    for (const method of ['a', 'b', 'c']) client.call(method, {}, { signal: controller.signal }).catch(ignore);
    await turn();
    const ids = [0, 1, 2].map((index) => request(transport, index)['_msg_id']);
    controller.abort();
    await turn();
    expect(cancels(transport)).toEqual([
      { messageIds: ids, cause: 'abort', lifeMs: 90_000, routingKey: 'leveret_cancel.t' },
    ]);
    expect(transport.published.find(isCancel)).toMatchObject({
      exchange: 'openstack',
      options: { mandatory: false, persistent: false, timeoutMs: 2_000, expirationMs: 90_000 },
    });
  });

  it('by its time, and by the silence of its server', async () => {
    const { transport, client } = setUpClient();
    client.call('m', {}, { timeoutMs: 500 }).catch(ignore);
    client.call('m', {}, { server: 's', callMonitorTimeoutMs: 2_000 }).catch(ignore);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(cancels(transport)).toEqual([
      expect.objectContaining({ cause: 'timeout', routingKey: 'leveret_cancel.t', lifeMs: 60_000 }),
      expect.objectContaining({ cause: 'timeout', routingKey: 'leveret_cancel.t.s' }),
    ]);
  });

  it('by the end of its client', async () => {
    const { transport, client } = setUpClient();
    const outcome = client.call('m').catch((error: unknown) => error);
    await turn();
    await client.close();
    expect(await outcome).toMatchObject({ code: 'ERR_LEVERET_CLIENT_CLOSED' });
    expect(cancels(transport)).toEqual([expect.objectContaining({ cause: 'close' })]);
  });

  it('and its caller does not wait for that', async () => {
    const { transport, client } = setUpClient();
    const controller = new AbortController();
    const outcome = client.call('m', {}, { signal: controller.signal }).catch((error: unknown) => error);
    await turn();
    transport.confirm = new Promise(() => {});
    controller.abort('enough');
    expect(await outcome).toBe('enough');
    await client.close();
  });
});

describe('servers are told nothing', () => {
  it.each([
    ['of the client', { cancelRemote: false }, {}],
    ['of the call', {}, { cancelRemote: false }],
  ])('where an option %s says so', async (_whose, ofClient, ofCall) => {
    const { transport, client } = setUpClient({ timeoutMs: 100, ...ofClient });
    client.call('m', {}, ofCall).catch(ignore);
    await vi.advanceTimersByTimeAsync(110);
    expect(transport.published).toHaveLength(1);
  });

  it('of a call that was answered, or did not go out, or could not be sent, and of a cast', async () => {
    const { transport, client } = setUpClient({ timeoutMs: 100 });
    const answered = client.call('m');
    await turn();
    answer(transport);
    await answered;
    transport.confirm = new Promise(() => {});
    const controller = new AbortController();
    client.cast('m', {}, { signal: controller.signal }).catch(ignore);
    await turn();
    controller.abort();
    await turn();
    transport.onPublish = () => new Error('no');
    await expect(client.call('m')).rejects.toMatchObject({ code: 'ERR_LEVERET_CLIENT_SEND' });
    const other = setUpClient({ timeoutMs: 100 });
    other.transport.onConsume = () => new Promise(() => {});
    other.client.call('m').catch(ignore);
    await vi.advanceTimersByTimeAsync(110);
    expect([...cancels(transport), ...cancels(other.transport)]).toEqual([]);
  });
});

describe('a cancel that cannot be sent', () => {
  it('is an event, and so is each later one', async () => {
    const { transport, client, events } = setUpClient({ timeoutMs: 100 });
    const error = new Error('no confirm');
    transport.onPublish = (published) => (isCancel(published) ? error : undefined);
    for (let round = 0; round < 2; round += 1) {
      client.call('m').catch(ignore);
      await vi.advanceTimersByTimeAsync(110);
    }
    const event = { type: 'cancel-not-sent', calls: 1, error };
    expect(events).toEqual([event, event]);
  });

  it('is not tried again where the broker forbids it, for each try ends a channel', async () => {
    const { transport, client, events } = setUpClient({ timeoutMs: 100 });
    const cause = Object.assign(new Error('ACCESS_REFUSED'), { code: 403 });
    const facts = { outcome: 'refused', exchange: 'openstack', routingKey: 'leveret_cancel.t' } as const;
    const error = new MessageDeliveryError('refused', facts, { cause });
    transport.onPublish = (published) => (isCancel(published) ? error : undefined);
    for (let round = 0; round < 2; round += 1) {
      client.call('m').catch(ignore);
      await vi.advanceTimersByTimeAsync(110);
    }
    expect(events).toEqual([{ type: 'cancel-not-sent', calls: 1, error }]);
    expect(cancels(transport)).toHaveLength(1);
  });
});
