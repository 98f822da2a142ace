import { expect, it } from 'vitest';
import { LinkHeartbeats } from './link-heartbeats.js';

it('gives all links that agree on an interval the same options, which a heartbeat keeps', () => {
  const heartbeats = new LinkHeartbeats();
  const options = heartbeats.of(60_000);
  expect(heartbeats.of(60_000)).toBe(options);
  expect(heartbeats.of(10_000)).toMatchObject({ intervalMs: 10_000 });
  expect(options.intervalMs).toBe(60_000);
});
