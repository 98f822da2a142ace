import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { createRpcClient, defineContract } from './index.js';
import { answer, request } from './testing/client-setup.js';
import { FakeTransport } from './testing/fake-transport.js';
import { gate } from './testing/server-setup.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const turn = () => vi.advanceTimersByTimeAsync(0);

/** A client whose schemas answer when the gates open. */
function setUp() {
  const [args, result] = [gate(), gate()];
  const contract = defineContract({
    methods: {
      m: {
        args: z.object({ id: z.string() }).refine(async () => args.promise, { error: 'taken' }),
        result: z.number().refine(async () => result.promise, { error: 'odd' }),
      },
    },
  });
  const transport = new FakeTransport();
  return { transport, args, result, client: createRpcClient(transport, { topic: 't' }, { contract }) };
}

describe('asynchronous schemas', () => {
  it('are waited for before anything is sent, and before the call resolves', async () => {
    const { transport, client, args, result } = setUp();
    let settled = false;
    const call = client.call('m', { id: 'v' }).finally(() => {
      settled = true;
    });
    await turn();
    expect(transport.published).toEqual([]);
    args.open(true);
    await turn();
    expect(request(transport)['args']).toEqual({ id: 'v' });
    answer(transport, { result: 1 });
    await turn();
    expect(settled).toBe(false);
    result.open(true);
    expect(await call).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('refuse as the others do', async () => {
    const { transport, client, args, result } = setUp();
    args.open(false);
    await expect(client.cast('m', { id: 'v' })).rejects.toMatchObject({
      message: "The arguments of 'm' do not match its contract: args: taken",
    });
    expect(transport.published).toEqual([]);
    const other = setUp();
    other.args.open(true);
    other.result.open(false);
    const outcome = other.client.call('m', { id: 'v' }).catch((error: unknown) => error);
    await turn();
    answer(other.transport, { result: 1 });
    expect(await outcome).toMatchObject({ code: 'ERR_LEVERET_RESULT_VALIDATION', path: 'result' });
    result.open(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('share the timeout of the call', async () => {
    const { transport, client, args } = setUp();
    const outcome = client.call('m', { id: 'v' }, { timeoutMs: 1_000 }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(400);
    args.open(true);
    await turn();
    expect(transport.published[0]?.options.expirationMs).toBe(600);
    await vi.advanceTimersByTimeAsync(300);
    answer(transport, { result: 1 });
    await vi.advanceTimersByTimeAsync(299);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await outcome).toMatchObject({ code: 'ERR_LEVERET_TIMEOUT', stage: 'validation', timeoutMs: 1_000 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('end with the signal', async () => {
    const { transport, client } = setUp();
    const controller = new AbortController();
    const outcome = client.cast('m', { id: 'v' }, { signal: controller.signal }).catch((error: unknown) => error);
    await turn();
    controller.abort('enough');
    expect(await outcome).toBe('enough');
    expect([transport.published, vi.getTimerCount()]).toEqual([[], 0]);
  });
});
