import { ConnectionRefusedError } from '@leveret/transport';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { body, results, setUpServer } from './testing/server-setup.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets everything happen that needs no time to pass. */
const turn = () => vi.advanceTimersByTimeAsync(0);
const refusal = () => new ConnectionRefusedError('h:1', 'credentials', 'refused');

describe('a server whose consumers are over', () => {
  it('because connecting was given up says so, and consumes again', async () => {
    const { transport, server, events } = setUpServer({ m: () => 'heard' });
    await server.start();
    transport.endConsumers();
    await turn();
    expect(server.status).toBe('failed');
    const [topic, own, fanout] = transport.consumed.map(({ source }) => source.queue.name);
    const ended = { type: 'consumer-ended', reason: 'connection-closed', restarts: true };
    expect(events).toEqual([topic, own, fanout].map((queue) => ({ ...ended, queue })));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(server.status).toBe('running');
    expect(events.slice(3).map(({ type }) => type)).toEqual(Array(3).fill('consumer-restarted'));
    transport.inject('t', body('m'));
    await turn();
    expect(results(transport)).toEqual(['heard']);
    await server.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tries again at most every 30 s for as long as it is refused, and tells each time', async () => {
    const { transport, server, events } = setUpServer({ m: () => 1 });
    await server.start();
    const error = refusal();
    transport.onConsume = () => error;
    transport.endConsumers({ reason: 'connection-closed', error });
    await vi.advanceTimersByTimeAsync(600_000);
    expect(events[0]).toMatchObject({ type: 'consumer-ended', error });
    const tries = events.filter((event) => event.type === 'consumer-ended' && event.reason === 'refused');
    expect(tries).toContainEqual({ type: 'consumer-ended', queue: 't', reason: 'refused', restarts: true, error });
    // Three queues, from 15 s to 30 s apart but for the first few.
    expect(tries.length / 3).toBeGreaterThan(600 / 30);
    expect(tries.length / 3).toBeLessThan(600 / 15 + 6);
    expect(server.status).toBe('failed');
    transport.onConsume = () => undefined;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(server.status).toBe('running');
    await server.stop();
  });

  it('consumes at once when it is started', async () => {
    const { transport, server } = setUpServer({ m: () => 1 });
    await server.start();
    const error = refusal();
    transport.onConsume = () => error;
    transport.endConsumers();
    await turn();
    await expect(server.start()).rejects.toBe(error);
    transport.onConsume = () => undefined;
    await server.start();
    expect([server.status, vi.getTimerCount()]).toEqual(['running', 0]);
    await server.stop();
  });

  it('by the application’s own word stays so, and can be stopped and started', async () => {
    const { transport, server, events } = setUpServer({ m: () => 1 });
    await server.start();
    transport.endConsumers({ reason: 'queue-deleted' });
    await vi.advanceTimersByTimeAsync(600_000);
    expect([server.status, transport.consumed.length]).toEqual(['failed', 3]);
    expect(events).toHaveLength(3);
    expect(events[0]).toEqual({ type: 'consumer-ended', queue: 't', reason: 'queue-deleted', restarts: false });
    await server.stop();
    expect(server.status).toBe('stopped');
    await server.start();
    expect(server.status).toBe('running');
    await server.stop();
  });

  it('gives up when the application has closed the transport', async () => {
    const { transport, server, events } = setUpServer({ m: () => 1 });
    await server.start();
    const error = refusal();
    transport.onConsume = () => error;
    transport.endConsumers();
    transport.state.consume = { status: 'closed' };
    await vi.advanceTimersByTimeAsync(600_000);
    expect(events.slice(3)).toMatchObject(Array(3).fill({ reason: 'refused', restarts: false, error }));
    expect(vi.getTimerCount()).toBe(0);
    await server.stop();
  });

  it('is stopped while it waits to try again, and while it tries', async () => {
    const { transport, server, events } = setUpServer({ m: () => 1 });
    await server.start();
    transport.endConsumers();
    await turn();
    await server.stop();
    expect(vi.getTimerCount()).toBe(0);
    await server.start();
    transport.onConsume = (_source, signal) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    transport.endConsumers();
    await vi.advanceTimersByTimeAsync(1_000);
    await server.stop();
    expect([server.status, vi.getTimerCount()]).toEqual(['stopped', 0]);
    expect(events.filter((event) => event.type === 'consumer-ended' && event.reason === 'refused')).toEqual([]);
  });
});
