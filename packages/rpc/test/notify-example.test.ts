import { readFileSync } from 'node:fs';
import { afterEach, expect, it, vi } from 'vitest';
import { useBroker } from './helpers.js';

const broker = useBroker();

afterEach(() => {
  vi.doUnmock('@leveret/rpc/notify');
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

it('the example of notifications is in the README, and ends with what was heard', async () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  expect(read('../README.md')).toContain(`\`\`\`ts\n${read('../examples/notify.ts')}\`\`\``);
  vi.stubEnv('LEVERET_RABBITMQ_URL', broker.setting.url);
  // As it is in the sources, not as it was built last.
  vi.doMock('@leveret/rpc/notify', () => import('../src/notify.js'));
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('../examples/notify.js');
  expect(log.mock.calls).toEqual([[['i-7', 'compute.host-1']]]);
});
