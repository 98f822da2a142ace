import { readFileSync } from 'node:fs';
import { afterEach, expect, it, vi } from 'vitest';
import { useBroker } from './helpers.js';

const broker = useBroker();

afterEach(() => {
  vi.doUnmock('@leveret/rpc');
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

it('the example of contracts is in the README, and ends with the result of its call', async () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  expect(read('../README.md')).toContain(read('../examples/contract.ts'));
  vi.stubEnv('LEVERET_RABBITMQ_URL', broker.setting.url);
  // As it is in the sources, not as it was built last.
  vi.doMock('@leveret/rpc', () => import('../src/index.js'));
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('../examples/contract.js');
  expect(log.mock.calls).toEqual([[20]]);
});
