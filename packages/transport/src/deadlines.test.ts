import { once } from 'node:events';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadlines } from './deadlines.js';

const answersWhenTold = `
  const { createServer } = require('node:net');
  const { parentPort, workerData: told } = require('node:worker_threads');
  const server = createServer((socket) => {
    parentPort.postMessage('asked');
    setImmediate(() => {
      Atomics.wait(told, 0, 0);
      socket.write('answer');
    });
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function list() {
  const expired: { name: string; at: number }[] = [];
  const deadlines = new Deadlines<{ name: string; deadline: unknown }>(({ name }) => {
    expired.push({ name, at: performance.now() });
  });
  const add = (name: string, ms: number) => {
    const item = { name, deadline: undefined };
    deadlines.add(item, ms);
    return item;
  };
  return { deadlines, expired, add };
}

describe('Deadlines', () => {
  it('tell of each once, never early, and at most 10 ms late, in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            ms: fc.integer({ min: 1, max: 500 }),
            after: fc.integer({ min: 0, max: 50 }),
            removed: fc.boolean(),
          }),
        ),
        async (steps) => {
          const { deadlines, expired, add } = list();
          const due = new Map<string, number>();
          for (const [i, { ms, after, removed }] of steps.entries()) {
            const item = add(String(i), ms);
            if (removed) deadlines.remove(item);
            else due.set(String(i), performance.now() + ms);
            await vi.advanceTimersByTimeAsync(after);
          }
          await vi.advanceTimersByTimeAsync(600);
          expect(expired.map(({ name }) => name).sort()).toEqual([...due.keys()].sort());
          for (const { name, at } of expired) {
            expect(at).toBeGreaterThanOrEqual(due.get(name) as number);
            expect(at).toBeLessThanOrEqual((due.get(name) as number) + 10);
          }
          expect(vi.getTimerCount()).toBe(0);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('have one timer for any number', () => {
    const { add } = list();
    for (let i = 0; i < 1_000; i += 1) add(String(i), 1_000 + ((i * 7) % 500));
    expect(vi.getTimerCount()).toBe(1);
  });

  it('may be added and removed by whoever hears of one', async () => {
    const heard: number[] = [];
    const other = { n: 2, deadline: undefined as unknown };
    const deadlines: Deadlines<{ n: number; deadline: unknown }> = new Deadlines(({ n }) => {
      heard.push(n);
      if (n !== 1) return;
      deadlines.remove(other);
      deadlines.add({ n: 3, deadline: undefined }, 5);
    });
    deadlines.add({ n: 1, deadline: undefined }, 20);
    deadlines.add(other, 20);
    await vi.advanceTimersByTimeAsync(100);
    expect(heard).toEqual([1, 3]);
  });

  it('are longer than a timer can wait', async () => {
    const { expired, add } = list();
    add('long', 2 ** 31 + 1_000);
    await vi.advanceTimersByTimeAsync(2 ** 31);
    expect(expired).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_010);
    expect(expired).toHaveLength(1);
  });

  it('are not over for what the sockets hold that a blocked event loop could not read', async () => {
    vi.useRealTimers();
    const told = new Int32Array(new SharedArrayBuffer(4));
    // In a thread of its own: what this one writes, not every runtime sends while its event loop is blocked.
    const server = new Worker(answersWhenTold, { eval: true, workerData: told });
    const [port] = (await once(server, 'message')) as [number];
    const socket = connect(port, '127.0.0.1');
    const [asked] = await Promise.all([once(server, 'message'), once(socket, 'connect')]);
    expect(asked).toEqual(['asked']);
    const { deadlines, expired, add } = list();
    const item = add('answered', 20);
    socket.on('data', () => deadlines.remove(item));
    add('never answered', 20);
    // From here on the timers come next, and what is in the sockets after them.
    await new Promise((resolve) => setImmediate(resolve));
    Atomics.store(told, 0, 1);
    Atomics.notify(told, 0);
    const blockedUntil = performance.now() + 100;
    while (performance.now() < blockedUntil);
    await vi.waitUntil(() => expired.length > 0);
    expect(expired.map(({ name }) => name)).toEqual(['never answered']);
    socket.destroy();
    await server.terminate();
  });

  it('keep the process alive, where they are to, while there are any', () => {
    vi.useRealTimers();
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const deadlines = new Deadlines(() => {}, { keepsAlive: true });
    const items = [1, 2, 3].map(() => ({ deadline: undefined }));
    for (const [i, item] of items.entries()) deadlines.add(item, 60_000 + 100 * i);
    expect(timers()).toBe(before + 1);
    for (const item of items.slice(0, 2)) deadlines.remove(item);
    expect(timers()).toBe(before + 1);
    deadlines.remove(items[2] as { deadline: unknown });
    expect(timers()).toBe(before);
    deadlines.add({ deadline: undefined }, 60_000);
    expect(timers()).toBe(before + 1);
    deadlines.stop();
    expect(timers()).toBe(before);
  });

  it('leave no timer once stopped', async () => {
    const { deadlines, expired, add } = list();
    add('a', 10);
    deadlines.stop();
    expect(vi.getTimerCount()).toBe(0);
    add('b', 10);
    await vi.advanceTimersByTimeAsync(20);
    expect(expired).toMatchObject([{ name: 'b' }]);
  });
});
