import { expect, it } from 'vitest';
import { onEachBroker } from '../brokers.js';
import type { WireClient } from '../wire-client.js';
import {
  connectionClosed,
  declareExchange,
  declareQueue,
  openChannels,
  publishInFrames,
  publishOctets,
} from './messaging.js';

/** A table entry: key, type letter, and the value's octets in hexadecimal. */
function entry(key: string, type: string, octets = ''): Buffer {
  return Buffer.concat([Buffer.from([key.length]), Buffer.from(key + type), Buffer.from(octets, 'hex')]);
}

/** Property flags that announce headers alone, and a table of these entries. */
function headers(...entries: readonly Buffer[]): Buffer {
  const table = Buffer.concat(entries);
  const head = Buffer.from([0x20, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(table.length, 2);
  return Buffer.concat([head, table]);
}

/** The property flags and values of the only message of a queue, and how long its body is. */
async function propertyOctets(client: WireClient, queue: string): Promise<Buffer> {
  client.send(1, 'basic.get', { queue, noAck: true });
  const method = await client.nextFrame();
  expect(method.payload.readUInt32BE(0)).toBe((60 << 16) | 71);
  const header = await client.nextFrame();
  expect(header).toMatchObject({ type: 2, channel: 1 });
  expect(header.payload.subarray(0, 12).toString('hex')).toBe('003c00000000000000000000');
  return header.payload.subarray(12);
}

const everyType: readonly Buffer[] = [
  entry('true', 't', '01'),
  entry('two', 't', '02'),
  entry('octet', 'b', '80'),
  entry('unsigned octet', 'B', 'ff'),
  entry('short', 's', '8000'),
  entry('unsigned short', 'u', 'ffff'),
  entry('int', 'I', '80000000'),
  entry('unsigned int', 'i', 'ffffffff'),
  entry('long', 'l', '8000000000000000'),
  entry('timestamp', 'T', '00000000ffffffff'),
  entry('float', 'f', '3fc00000'),
  entry('double', 'd', '7fe8000000000001'),
  entry('decimal', 'D', '020000ffff'),
  entry('no UTF-8', 'S', '00000003ff00fe'),
  entry('bytes', 'x', '0000000200ff'),
  entry('void', 'V'),
];

onEachBroker('The content of a message', (broker) => {
  it('keeps all properties', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client);
    const properties = {
      contentType: 'text/plain',
      contentEncoding: 'gzip',
      headers: {},
      deliveryMode: 1,
      priority: 255,
      correlationId: '',
      replyTo: 'r',
      expiration: '100000',
      messageId: 'é',
      timestamp: 2 ** 40,
      type: 't',
      userId: broker().username,
      appId: 'a'.repeat(255),
      clusterId: 'c',
    };
    client.publish(1, { exchange: '', routingKey: queue }, 'x', properties);
    const { content } = await client.call(1, 'basic.get', { queue, noAck: true });
    expect(content?.properties).toMatchObject(properties);
  });

  it('keeps headers of every type to the octet', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client);
    const octets = headers(...everyType);
    publishOctets(client, { exchange: '', routingKey: queue }, octets);
    expect((await propertyOctets(client, queue)).toString('hex')).toBe(octets.toString('hex'));
  });

  it('keeps the order of headers, repeated keys, and what lies in arrays and tables', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client);
    const octets = headers(
      entry('z', 'I', '00000001'),
      entry('a', 'A', '0000000356' + '7401'),
      entry('nested', 'F', `0000000e${entry('b', 'F', `00000007${entry('c', 'I', '00000002').toString('hex')}`).toString('hex')}`),
      entry('z', 'S', '0000000161'),
      entry('', 'V'),
      entry('k'.repeat(128), 'V'),
    ); // biome-ignore format: nested octets
    publishOctets(client, { exchange: '', routingKey: queue }, octets);
    expect((await propertyOctets(client, queue)).toString('hex')).toBe(octets.toString('hex'));
  });

  it('keeps the octets of headers that it read for routing', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client);
    const exchange = await declareExchange(client, 'headers');
    await client.ask(1, 'queue.bind', { queue, exchange, arguments: { void: null } });
    const octets = headers(...everyType, entry('CC', 'A', '00000000'));
    publishOctets(client, { exchange, routingKey: '' }, octets);
    expect((await propertyOctets(client, queue)).toString('hex')).toBe(octets.toString('hex'));
  });

  it('is an internal error when its properties cannot be read: 541', async () => {
    for (const octets of [
      headers(entry('k', 'Z')),
      headers(entry('k', 'I', '00')),
      Buffer.from([0x80, 0]),
      Buffer.from([0, 0, 1, 2]),
    ]) {
      using client = await openChannels(broker());
      publishOctets(client, { exchange: '', routingKey: 'x' }, octets);
      expect(await client.refused()).toEqual(connectionClosed('0.0', 541, 'INTERNAL_ERROR'));
    }
  });

  it('comes in frames that are as full as they may be', async () => {
    for (const frameMax of [4096, 131_072]) {
      using client = await openChannels(broker(), 1, { tune: { frameMax } });
      const queue = await declareQueue(client);
      const room = frameMax - 8;
      for (const [size, frames] of [
        [0, 0],
        [1, 1],
        [room, 1],
        [room + 1, 2],
        [2 * room, 2],
        [2 * room + 1, 3],
      ] as const) {
        publishInFrames(client, { exchange: '', routingKey: queue }, Buffer.alloc(size, 'x'), frameMax);
        const { content } = await client.call(1, 'basic.get', { queue, noAck: true });
        expect({ size: content?.body.length, frames: content?.frames }).toEqual({ size, frames });
      }
    }
  });

  it('may come in frames of any size', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client);
    publishInFrames(client, { exchange: '', routingKey: queue }, Buffer.from('abcdefghij'), 11);
    const { content } = await client.call(1, 'basic.get', { queue, noAck: true });
    expect({ body: content?.body.toString(), frames: content?.frames }).toEqual({ body: 'abcdefghij', frames: 1 });
  });

  it('may be 5 MB', async () => {
    using client = await openChannels(broker());
    const queue = await declareQueue(client);
    const body = Buffer.from(Uint8Array.from({ length: 5_000_000 }, (_, index) => (index * 31) % 251));
    publishInFrames(client, { exchange: '', routingKey: queue }, body, 131_072);
    const { content } = await client.call(1, 'basic.get', { queue, noAck: true });
    expect(content?.body.equals(body)).toBe(true);
    expect(content?.frames).toBe(39);
  });
});
