import { expect, it } from 'vitest';
import type { ConnectionInfo } from '../connection-info.js';
import { describeEvent } from './describe-event.js';

const connection: ConnectionInfo = {
  name: '127.0.0.1:40000 -> 127.0.0.1:5672',
  connectionName: undefined,
  status: 'open',
  user: 'guest',
  virtualHost: '/',
  peerAddress: '127.0.0.1',
  peerPort: 40_000,
  channels: 0,
  heartbeatSeconds: 60,
  frameMaxBytes: 131_072,
  frozen: false,
  clientProperties: {},
  framesReceived: 5,
};

it('tells who came, and where to', () => {
  expect(describeEvent({ type: 'connection-opened', connection: { ...connection, connectionName: 'worker 1' } })).toBe(
    'opened 127.0.0.1:40000 -> 127.0.0.1:5672 (worker 1) by guest in /',
  );
});

it('tells why a channel was closed', () => {
  expect(
    describeEvent({ type: 'channel-closed', connection, channel: 3, code: 404, text: "NOT_FOUND - no queue 'q'" }),
  ).toBe("closed channel 3 of 127.0.0.1:40000 -> 127.0.0.1:5672: 404 NOT_FOUND - no queue 'q'");
});

it('lets no client move the cursor', () => {
  const event = { type: 'connection-rejected', peer: '127.0.0.1:40000', reason: 'sent \u001b[2J\n\u009b' } as const;
  expect(describeEvent(event)).toBe('rejected 127.0.0.1:40000: sent ?[2J??');
});
