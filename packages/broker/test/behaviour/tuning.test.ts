import { expect, it } from 'vitest';
import { onEachBroker } from '../brokers.js';
import { FRAME, WireClient } from '../wire-client.js';
import { closesConnection } from './refusals.js';

onEachBroker('what tune agreed on', (broker) => {
  it('limits how many channels are open, whatever their numbers', async () => {
    using client = await WireClient.open(broker(), { tune: { channelMax: 2 } });
    await client.ask(7, 'channel.open');
    await client.ask(65535, 'channel.open');
    await client.ask(7, 'channel.close');
    await client.ask(8, 'channel.open');
    expect(await client.refusal(1, 'channel.open')).toEqual(
      closesConnection(530, 'number of channels opened (2) has reached the negotiated channel_max (2)'),
    );
  });

  it('limits the frames that come: a body is split so that each frame fits with all its octets', async () => {
    using client = await WireClient.openChannel(broker(), { tune: { frameMax: 4096 } });
    const { queue } = await client.ask(1, 'queue.declare', { exclusive: true });
    const split: Record<number, number | undefined> = {};
    for (const size of [0, 1, 4088, 4089, 8176, 8177]) {
      const body = Buffer.alloc(size, size % 251);
      client.send(1, 'basic.publish', { routingKey: queue });
      client.sendHeader(1, size);
      for (let sent = 0; sent < size; sent += 4088) client.sendFrame(FRAME.body, 1, body.subarray(sent, sent + 4088));
      const got = await client.call(1, 'basic.get', { queue, noAck: true });
      expect(got.content?.body).toEqual(body);
      split[size] = got.content?.frames;
    }
    expect(split).toEqual({ 0: 0, 1: 1, 4088: 1, 4089: 2, 8176: 2, 8177: 3 });
  });

  it('limits the frames that go, with eight octets of grace', async () => {
    using client = await WireClient.openChannel(broker(), { tune: { frameMax: 4096 } });
    client.send(1, 'basic.publish', { routingKey: 'nowhere' });
    client.sendHeader(1, 4096 + 4097);
    client.sendFrame(FRAME.body, 1, Buffer.alloc(4096));
    await new Promise<void>((resolve) => setImmediate(resolve));
    client.sendFrame(FRAME.body, 1, Buffer.alloc(4097));
    expect(await client.refused({ waitForEnd: false })).toEqual(
      closesConnection(501, 'type 3, all octets = <<>>: {frame_too_large,4097,4088}'),
    );
  });

  it('is checked as soon as a frame says its size', async () => {
    using client = await WireClient.openChannel(broker());
    client.write(Buffer.from([FRAME.body, 0, 1, 0x40, 0, 0, 0]));
    expect(await client.refused({ waitForEnd: false })).toEqual(
      closesConnection(501, 'type 3, all octets = <<>>: {frame_too_large,1073741824,131064}'),
    );
  });

  it('does not split a content header that is larger than a frame', async () => {
    const queue = broker().uniqueName('q');
    using sender = await WireClient.openChannel(broker());
    await sender.ask(1, 'queue.declare', { queue, autoDelete: true });
    sender.publish(1, { routingKey: queue }, 'x', { headers: { long: 'x'.repeat(5000) } });
    await sender.ask(1, 'channel.close');
    using client = await WireClient.openChannel(broker(), { tune: { frameMax: 4096 } });
    const got = await client.call(1, 'basic.get', { queue, noAck: true });
    expect(got.content?.properties['headers']).toEqual({ long: 'x'.repeat(5000) });
    await client.ask(1, 'queue.delete', { queue });
    client.send(1, 'basic.publish', { routingKey: queue });
    client.sendHeader(1, 0, { headers: { long: 'x'.repeat(5000) } });
    expect(await client.refused({ waitForEnd: false })).toEqual(
      closesConnection(501, 'type 2, all octets = <<>>: {frame_too_large,5028,4088}'),
    );
  });

  // The two take seconds, so they run together.
  it.concurrent('has the broker send heartbeats, and cut off who sends none', async () => {
    using client = await WireClient.open(broker(), { tune: { heartbeat: 1 } });
    const beat = { type: FRAME.heartbeat, channel: 0, payload: Buffer.alloc(0) };
    const started = performance.now();
    expect([await client.nextFrame(), await client.nextFrame(), await client.nextFrame()]).toEqual([beat, beat, beat]);
    expect(performance.now() - started).toBeGreaterThan(900);
    const last = await client.rest();
    // Two beats may be missed; nothing is said but the broker's own heartbeats.
    expect(last.toString('hex').replaceAll('08000000000000ce', '')).toBe('');
    expect(performance.now() - started).toBeGreaterThan(1_800);
    expect(performance.now() - started).toBeLessThan(4_500);
  });

  it.concurrent('keeps who sends heartbeats, and nothing else', async () => {
    using client = await WireClient.openChannel(broker(), { tune: { heartbeat: 1 } });
    const beating = setInterval(() => client.sendFrame(FRAME.heartbeat, 0, Buffer.alloc(0)), 400);
    try {
      for (let beats = 0; beats < 8; beats++) expect((await client.nextFrame()).type).toBe(FRAME.heartbeat);
    } finally {
      clearInterval(beating);
    }
    expect(await client.ask(1, 'channel.flow', { active: true })).toEqual({ active: true });
  });
});
