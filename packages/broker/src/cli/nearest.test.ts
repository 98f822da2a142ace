import { expect, it } from 'vitest';
import { nearest } from './nearest.js';

const names = ['port', 'host', 'user', 'users-file', 'vhost', 'heartbeat', 'verbose', 'version'];

it.each([
  ['prot', 'port'],
  ['Port', 'port'],
  ['ports', 'port'],
  ['vhosts', 'vhost'],
  ['heartbeats', 'heartbeat'],
  ['hartbeet', 'heartbeat'],
  ['verb', 'verbose'],
  ['userfile', 'users-file'],
])('takes %s for %s', (typed, meant) => {
  expect(nearest(typed, names)).toBe(meant);
});

it.each(['', 'x', 'zzzz', 'management', 'constructor'])('takes %j for none of them', (typed) => {
  expect(nearest(typed, names)).toBeUndefined();
});
