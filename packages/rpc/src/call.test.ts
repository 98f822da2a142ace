import { DeclarationError, MessageDeliveryError, MessageUndeliverableError } from '@leveret/transport';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { answer, request, setUpClient } from './testing/client-setup.js';

afterEach(() => {
  vi.useRealTimers();
});

/** Lets everything happen that needs no time to pass. */
const turn = () => vi.advanceTimersByTimeAsync(0);

describe('a call', () => {
  it('resolves by its reply, before its own confirm', async () => {
    const { transport, client } = setUpClient();
    transport.confirm = new Promise(() => {});
    const result = client.call('m');
    await new Promise(setImmediate);
    answer(transport, { result: { a: 1 } });
    expect(await result).toEqual({ a: 1 });
  });

  it('sets its reply queue up once, for all calls that come meanwhile and later', async () => {
    const { transport, client } = setUpClient();
    const calls = [client.call('a'), client.call('b'), client.prepare({ topic: 'other' }).call('c')];
    await new Promise(setImmediate);
    for (const index of [0, 1, 2]) answer(transport, { result: index }, index);
    expect(await Promise.all(calls)).toEqual([0, 1, 2]);
    const late = client.call('d');
    await new Promise(setImmediate);
    answer(transport);
    await late;
    expect(transport.consumed.map(({ source }) => source.queue)).toEqual([
      {
        name: expect.stringMatching(/^reply_[0-9a-f]{32}$/u),
        durable: false,
        exclusive: false,
        autoDelete: false,
        arguments: { 'x-expires': 1_800_000 },
      },
    ]);
    expect(transport.settlements.every(({ action }) => action === 'ack')).toBe(true);
  });

  it('sets its reply queue up again when its consumer was over, as after connecting was given up', async () => {
    const { transport, client } = setUpClient();
    const first = client.call('a');
    await new Promise(setImmediate);
    answer(transport, { result: 1 });
    expect(await first).toBe(1);
    transport.endConsumers();
    await new Promise(setImmediate);
    const second = client.call('b');
    await new Promise(setImmediate);
    answer(transport, { result: 2 }, 1);
    expect(await second).toBe(2);
    expect(transport.consumed).toHaveLength(2);
  });

  it('publishes nothing before replies can come', async () => {
    const { transport, client } = setUpClient();
    let begin = (): void => {};
    transport.onConsume = () =>
      new Promise<void>((resolve) => {
        begin = resolve;
      });
    const result = client.call('m');
    await new Promise(setImmediate);
    expect(transport.published).toEqual([]);
    begin();
    await new Promise(setImmediate);
    answer(transport, { result: 1 });
    expect(await result).toBe(1);
  });

  it('whose reply queue cannot be set up fails, and the next call tries again', async () => {
    const { transport, client, events } = setUpClient();
    const refusal = new DeclarationError(406, 'refused');
    transport.onConsume = () => refusal;
    await expect(client.call('m')).rejects.toMatchObject({
      code: 'ERR_LEVERET_CLIENT_SEND',
      outcome: 'not-sent',
      stage: 'reply-queue',
      cause: refusal,
    });
    expect(events).toEqual([{ type: 'reply-queue-failed', queue: expect.any(String), error: refusal }]);
    transport.onConsume = () => undefined;
    const result = client.call('m');
    await new Promise(setImmediate);
    answer(transport, { result: 1 });
    expect(await result).toBe(1);
  });

  it.each([
    ['reply-queue', { onConsume: () => new Promise(() => {}) }],
    ['publish', { confirm: new Promise<void>(() => {}) }],
    ['reply', {}],
  ] as const)('times out once, however far it came: %s', async (stage, obstacle) => {
    vi.useFakeTimers();
    const { transport, client } = setUpClient({ timeoutMs: 500 });
    Object.assign(transport, obstacle);
    const outcome = client.call('m', {}, { server: 's' }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(499);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(11);
    expect(await outcome).toMatchObject({
      code: 'ERR_LEVERET_TIMEOUT',
      method: 'm',
      target: { topic: 't', server: 's' },
      timeoutMs: 500,
      stage,
      message: expect.stringMatching(
        /^The call of 'm' to topic 't', server 's' timed out after 500 ms, (setting|waiting)/u,
      ),
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives what is left of its time to the publish, and no more life to the message', async () => {
    vi.useFakeTimers();
    const { transport, client } = setUpClient({ timeoutMs: 1000 });
    transport.onConsume = () => new Promise<void>((resolve) => setTimeout(resolve, 300));
    const outcome = client.call('m').catch(() => {});
    await vi.advanceTimersByTimeAsync(300);
    expect(transport.published[0]?.options).toMatchObject({ timeoutMs: 700, expirationMs: 700 });
    await vi.advanceTimersByTimeAsync(710);
    await outcome;
  });

  it('fails when the publish does', async () => {
    const { transport, client } = setUpClient();
    const lost = new MessageDeliveryError('nacked', { outcome: 'unknown', exchange: 'openstack', routingKey: 't' });
    transport.onPublish = () => lost;
    await expect(client.call('m')).rejects.toMatchObject({
      code: 'ERR_LEVERET_CLIENT_SEND',
      outcome: 'unknown',
      stage: 'publish',
      cause: lost,
    });
  });

  it('that is mandatory fails at once when nobody is there', async () => {
    const { client } = setUpClient();
    const outcome = client.call('m', {}, { mandatory: true });
    await expect(outcome).rejects.toBeInstanceOf(MessageUndeliverableError);
    await expect(outcome).rejects.toMatchObject({
      code: 'ERR_LEVERET_UNDELIVERABLE',
      stage: 'routing',
      method: 'm',
      target: { topic: 't' },
      exchange: 'openstack',
      routingKey: 't',
      cause: expect.any(MessageUndeliverableError),
    });
  });

  it('ends the moment its signal fires, with its reason as it is', async () => {
    const { transport, client } = setUpClient();
    const controller = new AbortController();
    const reason = { mine: true };
    const outcome = client.call('m', {}, { signal: controller.signal }).catch((error: unknown) => error);
    await new Promise(setImmediate);
    controller.abort(reason);
    expect(await outcome).toBe(reason);
    await expect(client.call('m', {}, { signal: controller.signal })).rejects.toBe(reason);
    expect(transport.published.map(({ routingKey }) => routingKey)).toEqual(['t', 'leveret_cancel.t']);
  });

  it('leaves nothing on its signal', async () => {
    const { transport, client } = setUpClient();
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, 'addEventListener');
    const remove = vi.spyOn(signal, 'removeEventListener');
    const result = client.call('m', {}, { signal });
    await new Promise(setImmediate);
    answer(transport);
    await result;
    expect(remove).toHaveBeenCalledTimes(add.mock.calls.length);
  });

  it('shares one listener on its signal with all calls of that signal', async () => {
    const { transport, client } = setUpClient();
    const controller = new AbortController();
    const { signal } = controller;
    const add = vi.spyOn(signal, 'addEventListener');
    const outcomes = Array.from({ length: 20 }, () =>
      client.call('m', {}, { signal }).catch((error: unknown) => error),
    );
    await new Promise(setImmediate);
    expect(transport.published).toHaveLength(20);
    expect(add).toHaveBeenCalledTimes(1);
    controller.abort('enough');
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['enough']));
  });

  it('rejects with what the server answered', async () => {
    const { transport, client } = setUpClient();
    const result = client.call('m');
    await new Promise(setImmediate);
    answer(transport, {
      failure:
        '{"class": "ValueError", "module": "builtins", "message": "boom", "tb": ["T\\n"], "args": ["boom"], "kwargs": {}}',
    });
    await expect(result).rejects.toMatchObject({
      code: 'ERR_LEVERET_REMOTE',
      message: 'Remote error: ValueError: boom',
      remoteType: 'ValueError',
      remoteModule: 'builtins',
      remoteTraceback: ['T\n'],
      args: ['boom'],
    });
  });

  it('with a call monitor lives as long as the server beats, and its timeout is never extended', async () => {
    vi.useFakeTimers();
    const { transport, client } = setUpClient({ timeoutMs: 10_000, callMonitorTimeoutMs: 2_500 });
    const outcome = client.call('m').catch((error: unknown) => error);
    await turn();
    expect(request(transport)['_timeout']).toBe(2);
    for (let beat = 0; beat < 3; beat += 1) {
      await vi.advanceTimersByTimeAsync(2_400);
      answer(transport, { ending: false });
      await turn();
    }
    const silent = client.call('n').catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(2_500);
    expect(await silent).toMatchObject({ stage: 'heartbeat', timeoutMs: 2_500, lastHeartbeatAgoMs: null });
    expect(await outcome).toMatchObject({
      code: 'ERR_LEVERET_TIMEOUT',
      stage: 'heartbeat',
      timeoutMs: 2_500,
      lastHeartbeatAgoMs: 2_500,
      message: expect.stringContaining('a heartbeat of the running method, after others had come;'),
    });
  });

  it('with a call monitor ends at its timeout although the server beats', async () => {
    vi.useFakeTimers();
    const { transport, client } = setUpClient({ timeoutMs: 5_000, callMonitorTimeoutMs: 2_000 });
    const outcome = client.call('m').catch((error: unknown) => error);
    for (let beat = 0; beat < 4; beat += 1) {
      await vi.advanceTimersByTimeAsync(1_000);
      answer(transport, { ending: false });
    }
    await vi.advanceTimersByTimeAsync(1_010);
    expect(await outcome).toMatchObject({
      code: 'ERR_LEVERET_TIMEOUT',
      stage: 'working',
      timeoutMs: 5_000,
      lastHeartbeatAgoMs: expect.closeTo(1_004, -1),
      message: expect.stringMatching(/still ran: its server last said so 10\d\d ms before/u),
    });
  });

  it('survives a lost connection', async () => {
    const { transport, client } = setUpClient();
    const result = client.call('m');
    await new Promise(setImmediate);
    transport.loseConnection();
    answer(transport, { result: 'late but there' });
    expect(await result).toBe('late but there');
  });
});

describe('a reply that nobody waits for', () => {
  it('is told, and not an error', async () => {
    vi.useFakeTimers();
    const { transport, client, events } = setUpClient();
    const controller = new AbortController();
    const outcome = client.call('m', {}, { signal: controller.signal }).catch((error: unknown) => error);
    await turn();
    controller.abort();
    await outcome;
    await vi.advanceTimersByTimeAsync(40);
    answer(transport, { ending: false });
    await vi.advanceTimersByTimeAsync(30);
    answer(transport);
    await turn();
    answer(transport);
    await turn();
    const { _msg_id: messageId, _reply_q: queue } = request(transport);
    transport.inject(String(queue), 'garbage');
    await turn();
    expect(events).toEqual([
      { type: 'reply-ignored', messageId, late: true, method: 'm', lateMs: 40, heartbeat: true },
      { type: 'reply-ignored', messageId, late: true, method: 'm', lateMs: 70, heartbeat: false },
      { type: 'reply-ignored', messageId, late: false },
      { type: 'reply-malformed', error: expect.objectContaining({ code: 'ERR_LEVERET_MALFORMED_MESSAGE' }) },
    ]);
    expect(transport.settlements.map(({ action }) => action)).toEqual(['ack', 'ack', 'ack', 'reject']);
  });
});
