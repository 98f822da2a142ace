import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { HeartbeatStall } from '../src/pulse.js';
import { type Heartbeat, type HeartbeatLost, type HeartbeatOptions, startHeartbeat } from '../src/start-heartbeat.js';
import { type Broker, startBroker } from './broker.js';

const frame = Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 0xce);
const intervalMs = 400;

let broker: Broker | undefined;
let socket: Socket | undefined;
let server: Server | undefined;
let beating: Heartbeat | undefined;

afterEach(async () => {
  beating?.stop();
  socket?.destroy();
  server?.close();
  await broker?.stop();
  beating = socket = server = broker = undefined;
});

async function dial(port: number): Promise<Socket> {
  socket = connect(port, '127.0.0.1');
  socket.on('data', () => {});
  await once(socket, 'connect');
  return socket;
}

function heartbeat(on: Socket, more: Partial<HeartbeatOptions> = {}): Promise<HeartbeatLost> {
  return new Promise((lost) => {
    beating = startHeartbeat(on, { intervalMs, beat: () => on.write(frame), lost, ...more });
  });
}

describe('a net.Socket as it is', { timeout: 30_000 }, () => {
  it('keeps a live peer through an event loop blocked for five intervals', async () => {
    // In a thread of its own, for the peer must go on beating while this one stands still.
    broker = await startBroker(intervalMs / 2);
    const live = await dial(broker.port);
    const stalls: HeartbeatStall[] = [];
    let lost: HeartbeatLost | undefined;
    void heartbeat(live, { onStall: (stall) => stalls.push(stall) }).then((event) => {
      lost = event;
    });
    await once(live, 'data');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5 * intervalMs);
    // Six frames take longer than any window that the stall opened.
    for (let frames = 0; frames < 6; frames++) await once(live, 'data');
    expect(lost).toBeUndefined();
    expect(stalls.filter((stall) => stall.gapMs >= 4 * intervalMs)).toHaveLength(1);
    expect(live.bytesWritten).toBeGreaterThanOrEqual(frame.length);
  });

  it('finds a peer that took the connection and says nothing', async () => {
    server = createServer((peer) => peer.on('error', () => {}).resume()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('listening on a port');
    const silent = await dial(address.port);
    const event = await heartbeat(silent);
    expect(event.observedSilenceMs).toBeGreaterThanOrEqual(2 * intervalMs);
    expect(silent.bytesWritten).toBeGreaterThan(0);
  });

  it('finds a peer that froze while the event loop was blocked', async () => {
    broker = await startBroker(intervalMs / 2);
    const frozen = await dial(broker.port);
    const verdict = heartbeat(frozen);
    await once(frozen, 'data');
    broker.freeze();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5 * intervalMs);
    const event = await verdict;
    expect(event.reason).toBe('no-fresh-data-after-stall');
    expect(event.longestStallMs).toBeGreaterThanOrEqual(4 * intervalMs);
  });
});
