import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '@leveret/retry/testing';
import { describe, expect, it } from 'vitest';
import type { TransportEvent } from './events.js';
import { close, frameOf, goWrongAt, methodFrame, START, type Stage, shakeHands, tune } from './testing/handshake.js';
import { startHostileServer } from './testing/hostile-server.js';
import { createTransport } from './transport.js';

const STAGES: readonly Stage[] = ['start', 'tune', 'open-ok', 'channel.open-ok', 'select-ok', 'confirm'];

const HEARTBEAT = frameOf(8, 0, Buffer.alloc(0));

function onlyBeat(socket: Socket): void {
  const beat = setInterval(() => socket.write(HEARTBEAT), 20);
  socket.on('close', () => clearInterval(beat));
}

/** What a server may do where it should answer. An uncaught exception or an unhandled rejection fails the run of tests. */
const FAULTS: Readonly<Record<string, (socket: Socket) => void>> = {
  'falls silent': () => {},
  'answers HTTP': (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
  'sends garbage': (socket) => socket.write(Buffer.alloc(4096, 0xa5)),
  'claims a frame of 1 GiB': (socket) => socket.write(Buffer.from([1, 0, 0, 0x40, 0, 0, 0])),
  'sends half a frame': (socket) => socket.write(START.subarray(0, START.length / 2)),
  'sends a frame without its end': (socket) => socket.write(Buffer.concat([START.subarray(0, -1), Buffer.from([0])])),
  'sends a method that does not exist': (socket) => socket.write(methodFrame(0, 99, 99)),
  'sends a method that is not due': (socket) => socket.write(methodFrame(0, 50, 11, Buffer.alloc(9))),
  'sends a reply that nobody asked for': (socket) => socket.write(methodFrame(1, 50, 41, Buffer.alloc(4))),
  'sends a method without its fields': (socket) => socket.write(methodFrame(0, 10, 30)),
  'sends a frame for a channel that is not open': (socket) => socket.write(methodFrame(77, 20, 11, Buffer.alloc(4))),
  'sends a body that belongs to nothing': (socket) => socket.write(frameOf(3, 1, Buffer.alloc(10))),
  'says why it closes': (socket) => socket.write(close(541, 'INTERNAL_ERROR')),
  'closes without a word': (socket) => socket.end(),
  resets: (socket) => socket.resetAndDestroy(),
};

/** One publish against one server; everything that was told, and how long it took. */
async function meet(
  onConnection: (socket: Socket) => void,
  { timeoutMs = 4_000 } = {},
): Promise<{ readonly told: readonly TransportEvent[]; readonly tookMs: number }> {
  await using server = await startHostileServer(onConnection);
  const told: TransportEvent[] = [];
  const transport = createTransport(`rabbit://nova:S3cretWord@127.0.0.1:${server.port}/`, {
    connectTimeoutMs: 200,
    heartbeatMs: 1_000,
    reconnectBackoff: [],
    onEvent: (event) => told.push(event),
  });
  const before = performance.now();
  const outcome = await transport.publish({ routingKey: 'q' }, 'x', { timeoutMs }).then(
    () => 'confirmed',
    (error: Error) => error.message,
  );
  const tookMs = performance.now() - before;
  expect(outcome).not.toBe('confirmed');
  // Whose connection has failed leaves no socket, and whose is open does so when it is closed.
  if (transport.state.publish.status === 'open') await transport.close({ drainMs: 0 });
  while (server.sockets.size > 0) await delay(5);
  await transport.close();
  return { told, tookMs };
}

describe.each(STAGES)('a server that instead of %s', (stage) => {
  it.each(Object.entries(FAULTS))('%s is one failure with its cause', async (_, fault) => {
    const { told, tookMs } = await meet(goWrongAt(stage, fault));
    // An open connection is given up for silence after two heartbeats of the shortest.
    expect(tookMs).toBeLessThan(stage === 'confirm' ? 4_000 : 1_500);
    const failures = told.filter(({ type }) => type === 'connection-attempt-failed' || type === 'connection-lost');
    expect(failures.map(({ type }) => type)).toEqual([
      stage === 'confirm' ? 'connection-lost' : 'connection-attempt-failed',
    ]);
    for (const failure of failures) {
      if (!('error' in failure)) continue;
      const { message } = failure.error as Error;
      expect(message).toMatch(/127\.0\.0\.1:\d+/);
      expect(message).not.toMatch(/undefined|NaN|object Object|S3cretWord/);
    }
  });
});

describe('a server that only beats its heart', () => {
  it.each(STAGES.slice(0, -1))('instead of %s is one failure with its cause', async (stage) => {
    const { told, tookMs } = await meet(goWrongAt(stage, onlyBeat));
    expect(tookMs).toBeLessThan(1_500);
    expect(told.filter(({ type }) => type === 'connection-attempt-failed')).toHaveLength(1);
  });

  it('when it is open is alive: what it does not confirm has its deadline', async () => {
    const { told } = await meet(goWrongAt('confirm', onlyBeat), { timeoutMs: 300 });
    expect(told.map(({ type }) => type)).not.toContain('connection-lost');
  });
});

describe('a server that tunes', () => {
  it.each([
    ['frames of 100 bytes', tune(2047, 100, 0), 'frames of 100 bytes at most, and AMQP demands 4096'],
    ['frames of 4095 bytes', tune(2047, 4095, 0), 'frames of 4095 bytes at most, and AMQP demands 4096'],
  ])('%s is refused by name', async (_, proposal, words) => {
    const { told } = await meet((socket) => shakeHands(socket, Buffer.alloc(0), START, proposal));
    expect(told.find(({ type }) => type === 'connection-attempt-failed')).toMatchObject({
      error: { reason: 'protocol', message: expect.stringContaining(words) },
    });
  });

  it.each([
    ['the smallest frames there are', tune(2047, 4096, 60)],
    ['no limits at all', tune(0, 0, 0)],
    ['the largest numbers there are', tune(65_535, 0xffff_ffff, 65_535)],
    ['a heartbeat of a second, and one channel', tune(1, 131_072, 1)],
  ])('%s is agreed with', async (_, proposal) => {
    const opened = goWrongAt('confirm', (socket) => socket.end());
    const { told } = await meet((socket) => {
      const write = socket.write.bind(socket);
      // The script's own proposal is the only connection.tune it sends.
      socket.write = ((bytes: Buffer) =>
        write(bytes.readUInt32BE(7) === 0x000a_001e ? proposal : bytes)) as typeof socket.write;
      opened(socket);
    });
    expect(told.map(({ type }) => type)).toContain('connection-opened');
  });
});

describe('a server of chance', () => {
  it('never does more than fail us, whatever it sends and whenever', async () => {
    const random = seededRandom(20_261_128);
    const below = (limit: number) => Math.floor(random() * limit);
    const octets = () => Buffer.from(Array.from({ length: below(60) }, () => below(256)));
    const frame = () => {
      const method = Buffer.from([0, [10, 20, 40, 50, 60, 85][below(6)] ?? 0, 0, below(130)]);
      const payload = Buffer.concat([random() < 0.9 ? method : octets(), octets()]);
      return frameOf([1, 1, 1, 2, 3, 8][below(6)] ?? 1, below(3), payload);
    };
    const encounters = Array.from({ length: 240 }, () => {
      const frames = Buffer.concat(Array.from({ length: 1 + below(5) }, frame));
      const cut = random() < 0.3 ? frames.subarray(0, below(frames.length)) : frames;
      const fault = (socket: Socket) => (random() < 0.5 ? socket.end(cut) : socket.write(cut));
      return goWrongAt(STAGES[below(STAGES.length)] ?? 'start', fault);
    });
    for (let at = 0; at < encounters.length; at += 40) {
      await Promise.all(encounters.slice(at, at + 40).map((encounter) => meet(encounter)));
    }
  }, 60_000);
});
