import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { writeFramesTogether } from './frame-writer.js';
import {
  type AmqplibConnection,
  type Frame,
  FrameReader,
  openChannel,
  openConnectionPair,
  sendAck,
  sendPublish,
} from './testing/amqplib-connection.js';

const HEARTBEAT = 8;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(2);
}

/** basic.ack is method 80 of class 60; its tag follows. */
function isAck({ type, payload }: Frame): boolean {
  return type === 1 && payload.readUInt32BE() === 60 * 65_536 + 80;
}

/** What arrived, a line each: an acknowledgement, or a message whose frames followed each other. */
function told(frames: readonly Frame[]): string[] {
  const lines: string[] = [];
  for (let i = 0; i < frames.length; i += 1) {
    const { type, channel, payload } = frames[i] as Frame;
    if (type !== 1) throw new Error(`A frame of type ${type} on channel ${channel} belongs to no message.`);
    if (isAck(frames[i] as Frame)) {
      lines.push(`${channel} ack ${payload.readBigUInt64BE(4)}`);
      continue;
    }
    const header = frames[i + 1] as Frame;
    const length = Number(header.payload.readBigUInt64BE(4));
    i += 1;
    let got = '';
    while (got.length < length) {
      i += 1;
      const body = frames[i] as Frame;
      if (body.type !== 3 || body.channel !== channel) throw new Error('A message was interrupted.');
      got += body.payload.toString('latin1');
    }
    lines.push(`${channel} ${got.slice(0, 8).trim()} ${got.length}`);
  }
  return lines;
}

function publish(connection: AmqplibConnection, channel: number, name: string, length: number): string {
  sendPublish(connection, channel, Buffer.from(name.padEnd(8).padEnd(length)));
  return `${channel} ${name} ${length}`;
}

describe('frames of several channels', () => {
  it('arrive in the order they were written, each message in one piece', async () => {
    await using pair = await openConnectionPair();
    const { connection } = pair;
    writeFramesTogether(connection);
    const channels = [1, 2, 3].map(() => openChannel(connection, connection));
    expect(channels).toEqual([1, 2, 3]);
    const reader = new FrameReader(pair.peer);
    const step = fc.record({
      channel: fc.constantFrom(...channels),
      // Around the lengths where amqplib goes from one buffer to several, and from one body frame to many.
      length: fc.constantFrom(0, 8, 1_900, 2_100, 4_088, 4_089, 20_000, 300_000),
      pause: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20, size: 'max' }), async (steps) => {
        reader.frames.length = 0;
        const expected: string[] = [];
        for (const [i, { channel, length, pause }] of steps.entries()) {
          if (length > 0) expected.push(publish(connection, channel, `m${i}`, length));
          sendAck(connection, channel, i);
          expected.push(`${channel} ack ${i}`);
          if (pause) await new Promise(setImmediate);
        }
        await until(() => reader.frames.filter(isAck).length === steps.length);
        expect(told(reader.frames)).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  it('leave in one write when they are written in one turn', async () => {
    await using pair = await openConnectionPair();
    const { connection, peer } = pair;
    writeFramesTogether(connection);
    const [one, two] = [openChannel(connection, connection), openChannel(connection, connection)];
    const write = vi.spyOn(connection.stream, 'write');
    const reader = new FrameReader(peer);
    for (let tag = 1; tag <= 50; tag += 1) sendAck(connection, tag % 2 === 0 ? one : two, tag);
    expect(write).not.toHaveBeenCalled();
    await until(() => reader.frames.length === 50);
    expect(write).toHaveBeenCalledTimes(1);
  });

  it('go on after one of them was closed, and its number used again', async () => {
    await using pair = await openConnectionPair();
    const { connection, peer } = pair;
    writeFramesTogether(connection);
    const channel = openChannel(connection, connection);
    const reader = new FrameReader(peer);
    sendAck(connection, channel, 1);
    connection.releaseChannel(channel);
    expect(openChannel(connection, connection)).toBe(channel);
    sendAck(connection, channel, 2);
    await until(() => reader.frames.length === 2);
    expect(told(reader.frames)).toEqual(['1 ack 1', '1 ack 2']);
  });
});

describe('a slow reader', () => {
  it('gets all of it in order, holds back no heartbeat, and has the rest wait here and not at the socket', async () => {
    await using pair = await openConnectionPair();
    const { connection, peer } = pair;
    writeFramesTogether(connection);
    const channel = openChannel(connection, connection);
    const { stream } = connection;
    const write = stream.write;
    let mostAtSocket = 0;
    vi.spyOn(stream, 'write').mockImplementation((frame) => {
      const goOn = write.call(stream, frame as Buffer);
      mostAtSocket = Math.max(mostAtSocket, stream.writableLength);
      return goOn;
    });
    peer.pause();
    const expected: string[] = [];
    for (let i = 0; i < 8; i += 1) expected.push(publish(connection, channel, `m${i}`, 3_000_000));
    // The kernel takes megabytes without a reader; then nothing moves.
    let before = -1;
    await until(() => {
      const stands = stream.writableNeedDrain && stream.bytesWritten === before;
      before = stream.bytesWritten;
      return stands;
    });
    connection.sendHeartbeat();
    const reader = new FrameReader(peer);
    peer.resume();
    const isBody = ({ type }: Frame): boolean => type === 3;
    await until(() => reader.frames.filter(isBody).length === 8 * Math.ceil(3_000_000 / 4_088));
    const beat = reader.frames.findIndex(({ type }) => type === HEARTBEAT);
    // Before megabytes that had waited longer.
    expect(beat).toBeGreaterThan(0);
    expect(reader.frames.slice(beat).filter(isBody).length).toBeGreaterThan(100);
    expect(told(reader.frames.filter(({ type }) => type !== HEARTBEAT))).toEqual(expected);
    expect(mostAtSocket).toBeLessThanOrEqual(262_144 + stream.writableHighWaterMark);
  });

  it('that never reads again does not keep what waits once the socket is gone', async () => {
    await using pair = await openConnectionPair();
    const { connection, peer } = pair;
    const queue = writeFramesTogether(connection);
    const channel = openChannel(connection, connection);
    peer.pause();
    for (let i = 0; i < 8; i += 1) publish(connection, channel, `m${i}`, 3_000_000);
    await until(() => connection.stream.writableNeedDrain);
    connection.stream.destroy();
    await once(connection.stream, 'close');
    const write = vi.spyOn(connection.stream, 'write');
    sendAck(connection, channel, 1);
    await new Promise(setImmediate);
    queue?.write();
    expect(write).not.toHaveBeenCalled();
  });
});

describe('the end', () => {
  it('is preceded by what waits, when that is asked for', async () => {
    await using pair = await openConnectionPair();
    const { connection, peer } = pair;
    const queue = writeFramesTogether(connection);
    const channel = openChannel(connection, connection);
    const reader = new FrameReader(peer);
    const expected = publish(connection, channel, 'last', 100_000);
    sendAck(connection, channel, 1);
    queue?.write();
    connection.stream.end();
    await once(peer, 'end');
    expect(told(reader.frames)).toEqual([expected, '1 ack 1']);
  });

  it('is followed by nothing', async () => {
    await using pair = await openConnectionPair();
    const { connection, peer } = pair;
    writeFramesTogether(connection);
    const channel = openChannel(connection, connection);
    const errors: Error[] = [];
    connection.stream.on('error', (error) => errors.push(error));
    const reader = new FrameReader(peer);
    sendAck(connection, channel, 1);
    connection.stream.end();
    sendAck(connection, channel, 2);
    await once(peer, 'end');
    expect(reader.frames).toEqual([]);
    expect(errors).toEqual([]);
  });
});

describe('an amqplib of another build', () => {
  const changes: [string, object][] = [
    ['has no list of channels', { channels: undefined }],
    ['keeps the socket elsewhere', { channels: [{ buffer: {} }] }],
    [
      'has no list of channels, and a multiplexer without the method that is corked',
      { channels: undefined, muxer: {} },
    ],
  ];
  it.each(changes)('%s, and gets its frames to the socket its own way', async (_, missing) => {
    await using pair = await openConnectionPair();
    const { connection, peer } = pair;
    const { channels, muxer, freshChannel } = connection;
    Object.assign(connection, missing);
    writeFramesTogether(connection);
    expect(connection.freshChannel).toBe(freshChannel);
    Object.assign(connection, { channels, muxer });
    const channel = openChannel(connection, connection);
    const reader = new FrameReader(peer);
    const expected = publish(connection, channel, 'm', 10_000);
    sendAck(connection, channel, 1);
    await until(() => reader.frames.length === 6);
    expect(told(reader.frames)).toEqual([expected, '1 ack 1']);
  });

  it('has no way to open channels that we know, and is left as it is', async () => {
    await using pair = await openConnectionPair();
    const { stream, channels, muxer } = pair.connection;
    const insides = { stream, ...(channels && { channels }), ...(muxer && { muxer }) };
    writeFramesTogether(insides);
    expect(Object.keys(insides)).toEqual(['stream', 'channels', 'muxer']);
  });
});
