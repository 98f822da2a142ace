import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { readIntoOneBuffer, readWholeFrames } from './frame-reader.js';
import { openConnectionPair } from './testing/amqplib-connection.js';
import { frameOf } from './testing/handshake.js';

// basic.cancel-ok, whose tag tells one from another.
const cancelOk = (tag: string): Buffer =>
  frameOf(1, 1, Buffer.concat([Buffer.from([0, 60, 0, 31, tag.length]), Buffer.from(tag)]));
const body = (letter: string, length: number): Buffer => frameOf(3, 1, Buffer.alloc(length, letter));

interface Decoded {
  readonly fields?: { readonly consumerTag: string };
  readonly content?: Buffer;
}

function told({ fields, content }: Decoded): string {
  return content === undefined ? `${fields?.consumerTag}` : `${content.subarray(0, 1)} ${content.length}`;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(2);
}

describe.each([
  { way: 'into one buffer', options: readIntoOneBuffer },
  { way: 'as Node.js reads', options: () => ({}) },
])('a connection whose socket reads $way', ({ options }) => {
  it('decodes every frame, and what it has decoded does not change', async () => {
    await using pair = await openConnectionPair(options);
    const { connection, peer } = pair;
    const accepted: Decoded[] = [];
    connection.accept = (frame) => accepted.push(frame);
    readWholeFrames(connection);
    connection.acceptLoop();
    const expected: string[] = [];
    for (let i = 0; i < 20; i += 1) {
      const letter = String.fromCharCode(97 + i);
      const bytes = Buffer.concat([cancelOk(`first ${i}`), body(letter, 65_536 + i), cancelOk(`second ${i}`)]);
      peer.write(bytes.subarray(0, 5 + 3_000 * i));
      await delay(1);
      peer.write(bytes.subarray(5 + 3_000 * i));
      expected.push(`first ${i}`, `${letter} ${65_536 + i}`, `second ${i}`);
    }
    await until(() => accepted.length >= expected.length);
    expect(accepted.map(told)).toEqual(expected);
    for (const { content } of accepted) expect(content?.every((octet) => octet === content[0])).not.toBe(false);
  });

  it('goes on with what came before it was asked to', async () => {
    await using pair = await openConnectionPair(options);
    const { connection, peer } = pair;
    const accepted: Decoded[] = [];
    const half = cancelOk('half');
    connection.rest = Buffer.concat([cancelOk('decoded later'), half.subarray(0, 3)]);
    peer.write(half.subarray(3));
    // As in a handshake, which reads frame by frame.
    await once(connection.stream, 'readable');
    const frames = readWholeFrames(connection);
    expect(frames?.inFrame).toBe(true);
    connection.accept = (frame) => accepted.push(frame);
    connection.acceptLoop();
    peer.write(cancelOk('last'));
    await until(() => accepted.length >= 3);
    expect(accepted.map(told)).toEqual(['decoded later', 'half', 'last']);
    expect(frames?.inFrame).toBe(false);
  });

  it('has amqplib refuse a frame that claims too much, and one that does not end where it should', async () => {
    for (const bytes of [
      Buffer.from([3, 0, 1, 0x40, 0, 0, 0]),
      Buffer.concat([Buffer.from([8, 0, 0, 0, 0, 0, 0, 0])]),
    ]) {
      await using pair = await openConnectionPair(options);
      const { connection, peer } = pair;
      const errors: string[] = [];
      connection.on('frameError', ({ message }) => errors.push(message));
      readWholeFrames(connection);
      connection.acceptLoop();
      peer.write(bytes);
      await until(() => errors.length > 0);
      expect(errors[0]).toMatch(/^(Frame size 1073741824 exceeds maxFrameSize 1048576|Invalid frame)$/);
    }
  });

  it('ends with its socket', async () => {
    await using pair = await openConnectionPair(options);
    const { connection, peer } = pair;
    readWholeFrames(connection);
    connection.acceptLoop();
    const ended = once(connection.stream, 'end');
    peer.end(cancelOk('bye'));
    await ended;
    expect(connection.stream.bytesRead).toBe(cancelOk('bye').length);
  });
});

it('leaves a connection alone that is not built as expected', async () => {
  await using pair = await openConnectionPair();
  const { recvFrame } = pair.connection;
  Object.assign(pair.connection, { rest: undefined });
  expect(readWholeFrames(pair.connection)).toBeUndefined();
  expect(pair.connection.recvFrame).toBe(recvFrame);
});
