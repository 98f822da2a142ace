import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { get } from '../examples/fetch.js';
import { download } from '../examples/undici.js';
import { answer, reset, serve, until } from './http-server.js';
import { rejection } from './support.js';

/** Every timer of a backoff without its jitter, at once: the examples have no clock of their own. */
async function hurried<T>(work: Promise<T>): Promise<T> {
  let settled = false;
  const done = (): void => {
    settled = true;
  };
  work.then(done, done);
  while (!settled) {
    await vi.advanceTimersByTimeAsync(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return work;
}

it('fetch: gets through what passes', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  try {
    const server = await serve([answer(503), reset, answer(200, {}, 'well')]);
    const response = await hurried(get(server.origin));
    expect([response.status, await response.text(), server.requests.length]).toEqual([200, 'well', 3]);
  } finally {
    vi.useRealTimers();
  }
});

it('fetch: gives the last response back, with its body, when it is to wait for too long', async () => {
  const server = await serve([answer(429, { 'retry-after': '3600' }, 'in an hour')]);
  const response = await get(server.origin);
  expect([response.status, await response.text()]).toEqual([429, 'in an hour']);
});

it('fetch: does not wait on when it is aborted', async () => {
  const server = await serve([answer(503, { 'retry-after': '60' })]);
  const controller = new AbortController();
  const failed = rejection(get(server.origin, controller.signal));
  await until(() => server.requests.length === 1);
  controller.abort('enough');
  expect(await failed).toBe('enough');
});

it('undici: is in the README as it is here', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  expect(read('../README.md')).toContain(`\`\`\`ts\n${read('../examples/undici.ts')}\`\`\``);
});

it('undici: gets through what passes', async () => {
  const server = await serve([answer(503), answer(200, {}, 'well')]);
  expect(await download(server.origin, '/')).toBe('well');
});
