import { expect, it } from 'vitest';
import { nearestName } from './nearest-name.js';

const NAMES = ['heartbeatMs', 'hostOrder', 'frameMax', 'rabbit_quorum_queue', 'rabbit_ha_queues'];

it.each([
  ['hearbeatMs', 'heartbeatMs'],
  ['haertbeatMs', 'heartbeatMs'],
  ['HEARTBEAT_MS', 'heartbeatMs'],
  ['heartbeat', 'heartbeatMs'],
  ['rabbitQuorumQueue', 'rabbit_quorum_queue'],
  ['rabbit_quroum_queue', 'rabbit_quorum_queue'],
  ['rabbit_ha_queue', 'rabbit_ha_queues'],
  ['framemax', 'frameMax'],
  ['', undefined],
  ['xyz', undefined],
  ['p4ssw0rd', undefined],
  ['h'.repeat(10_000), undefined],
])('%s probably means %s', (wrong, meant) => {
  expect(nearestName(wrong, NAMES)).toBe(meant);
});

it.each([
  ['resise', 'resize'],
  ['rezise', 'resize'],
  ['attach_volume', 'attachVolume'],
  ['la', 'ls'],
  ['shutdown', undefined],
  ['rs', undefined],
  ['', undefined],
])('%s among methods probably means %s', (wrong, meant) => {
  const names = ['resize', 'describe', 'attachVolume', ...(meant === 'ls' ? ['ls'] : [])];
  expect(nearestName(wrong, names)).toBe(meant);
});
