import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../test/broker-in-test.js';
import { encodeFrame } from './codec/frames.js';
import { type SendCut, Wire } from './wire.js';

/** A wire, and the peer at its other end. */
async function wireInTest() {
  const server = createServer({ noDelay: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const peer = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1');
  const [[socket]]: [Socket[], unknown] = await Promise.all([once(server, 'connection'), once(peer, 'connect')]);
  if (socket === undefined) throw new Error('no socket');
  onTestFinished(() => {
    peer.destroy();
    socket.destroy();
    server.close();
  });
  const heard: string[] = [];
  const wire = new Wire(socket, {
    received: (chunk) => heard.push(`received ${chunk}`),
    flushing: () => undefined,
    drained: () => heard.push('drained'),
    ended: (reason) => heard.push(`ended: ${reason}`),
  });
  let seen = '';
  const ends: string[] = [];
  peer.setEncoding('latin1').on('data', (text: string) => {
    seen += text;
  });
  peer.on('error', (error: NodeJS.ErrnoException) => ends.push(error.code ?? error.message));
  peer.on('end', () => ends.push('FIN'));
  return { wire, socket, peer, heard, ends, seen: () => seen };
}

const frame = (text: string): Buffer => encodeFrame(3, 1, Buffer.from(text));
const cutAt = (number: number, options: Partial<SendCut> = {}): SendCut => ({
  frame: number,
  edge: 'end',
  how: 'reset',
  strikes: () => true,
  done: () => undefined,
  ...options,
});

describe('a wire', () => {
  it('writes what is sent in one turn together, in order', async () => {
    const { wire, peer } = await wireInTest();
    const chunks: unknown[] = [];
    peer.on('data', (chunk) => chunks.push(chunk));
    for (const text of ['a', 'b', 'c']) wire.send(Buffer.from(text));
    expect(wire.pending).toBe(true);
    await until(() => chunks.length > 0);
    expect(chunks).toEqual(['abc']);
    expect(wire.pending).toBe(false);
  });

  it.each([
    ['end', 'bye', 'FIN'],
    ['drop', '', 'FIN'],
    ['reset', '', 'ECONNRESET'],
  ] as const)('is over with %s: tells why, once, and sends nothing more', async (how, arrives, ends) => {
    const inTest = await wireInTest();
    const { wire, heard } = inTest;
    wire.send(Buffer.from('bye'));
    wire[how]('enough');
    wire[how]('enough of that');
    wire.send(Buffer.from('never'));
    expect(wire.closing).toBe(true);
    await until(() => heard.length > 0);
    expect(heard).toEqual(['ended: enough']);
    await until(() => inTest.ends.length > 0);
    expect(inTest.ends).toEqual([ends]);
    expect(inTest.seen()).toBe(arrives);
  });

  it('says what the client did', async () => {
    const { peer, heard } = await wireInTest();
    peer.end('last');
    await until(() => heard.length === 2);
    expect(heard).toEqual(['received last', 'ended: the client closed its socket']);
  });

  it('says that the client reset it', async () => {
    const { peer, heard } = await wireInTest();
    peer.resetAndDestroy();
    await until(() => heard.length === 1);
    expect(heard).toEqual(['ended: the socket failed: ECONNRESET']);
  });

  it('reads nothing while it is stalled or frozen, and all of it afterwards', async () => {
    const { wire, peer, socket, heard } = await wireInTest();
    wire.stall();
    wire.freeze();
    peer.write('one');
    wire.unstall();
    expect(socket.isPaused()).toBe(true);
    wire.thaw();
    await until(() => heard.length === 1);
    expect(heard).toEqual(['received one']);
  });

  it('keeps what is sent while it is frozen', async () => {
    const { wire, seen } = await wireInTest();
    wire.send(Buffer.from('before '));
    wire.freeze();
    wire.send(Buffer.from('meanwhile'));
    await until(() => seen() === 'before ');
    expect([wire.frozen, wire.congested, wire.pending]).toEqual([true, true, true]);
    wire.thaw();
    await until(() => seen() === 'before meanwhile');
    expect([wire.frozen, wire.congested]).toEqual([false, false]);
  });

  it('is congested while its client does not read, and says when that is over', async () => {
    const { wire, peer, heard } = await wireInTest();
    peer.pause();
    let sent = 0;
    while (!wire.congested) {
      sent += 1;
      wire.send(Buffer.alloc(1 << 18));
      await new Promise(setImmediate);
    }
    expect(sent).toBeLessThan(100);
    expect(heard).toEqual([]);
    peer.resume();
    await until(() => heard.length === 1);
    expect([heard, wire.congested]).toEqual([['drained'], false]);
  });

  it('reads nothing from a client that is owed 16 MiB', async () => {
    const { wire, peer, socket, heard } = await wireInTest();
    peer.pause();
    for (let count = 0; count < 40; count += 1) wire.send(Buffer.alloc(1 << 20));
    await until(() => socket.isPaused());
    peer.write('more');
    peer.resume();
    await until(() => heard.includes('received more'));
    expect(socket.isPaused()).toBe(false);
  });

  it('is not taken for silent because nobody looked', async () => {
    const { wire } = await wireInTest();
    for (const [stop, go] of [
      ['stall', 'unstall'],
      ['freeze', 'thaw'],
    ] as const) {
      wire[stop]();
      wire.lastReceived = 0;
      wire[go]();
      expect(wire.lastReceived).toBeGreaterThan(0);
    }
  });
});

describe('cutting a wire', () => {
  it.each([
    ['end', 2, frame('one').length + frame('two').length],
    // Its header, and half of the three octets and the last one.
    ['middle', 2, frame('one').length + 7 + 2],
  ] as const)('stops at the %s of a frame, in whatever pieces it is written', async (edge, number, length) => {
    const whole = Buffer.concat(['one', 'two', 'three'].map(frame));
    for (const pieces of [[whole], [...whole].map((octet) => Buffer.of(octet))]) {
      const { wire, ends, seen } = await wireInTest();
      const struck: string[] = [];
      wire.cutAt(cutAt(number, { edge, how: 'drop', done: () => void struck.push('done') }));
      for (const piece of pieces) wire.send(piece);
      await until(() => ends.length > 0);
      expect(seen()).toBe(whole.toString('latin1', 0, length));
      expect([ends, struck]).toEqual([['FIN'], ['done']]);
    }
  });

  it('counts from now on', async () => {
    const { wire, ends, seen } = await wireInTest();
    wire.send(frame('before'));
    wire.cutAt(cutAt(1));
    wire.send(frame('after'));
    wire.send(frame('never'));
    await until(() => ends.length > 0);
    // Node.js 20 takes a RST that comes with data for an end.
    expect(['ECONNRESET', 'FIN']).toContain(ends[0]);
    expect(seen()).toBe(Buffer.concat([frame('before'), frame('after')]).toString('latin1'));
  });

  it('does nothing when it does not strike, or is taken back', async () => {
    const { wire, seen } = await wireInTest();
    wire.cutAt(cutAt(1, { strikes: () => false }));
    wire.cutAt(cutAt(2))();
    for (const text of ['one', 'two', 'three']) wire.send(frame(text));
    await until(() => seen().includes('three'));
    expect(wire.closing).toBe(false);
  });
});
