import { expect, it } from 'vitest';
import { onEachBroker } from '../brokers.js';
import { FRAME, WireClient } from '../wire-client.js';
import { closesConnection } from './refusals.js';

const octets = (...values: number[]): Buffer => Buffer.from(values);
const queueDeclare = [0, 50, 0, 10];

onEachBroker('a broken frame', (broker) => {
  it.each<[string, Buffer, string]>([
    [
      'ends with another octet',
      octets(FRAME.method, 0, 1, 0, 0, 0, 4, 0, 20, 0, 40, 0),
      'type 1, all octets = <<0,20,0,40>>: {invalid_frame_end_marker,0}',
    ],
    [
      'is longer than is shown',
      Buffer.concat([octets(FRAME.method, 0, 1, 0, 0, 0, 20), Buffer.alloc(20, 1), octets(9)]),
      'type 1, first 16 octets = <<1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1>>: {invalid_frame_end_marker,9}',
    ],
  ])('that %s closes the connection, and nothing after it is read', async (_, broken, words) => {
    using client = await WireClient.openChannel(broker());
    client.write(broken);
    const refusal = await client.refused({ waitForEnd: false });
    // How long Erlang terms are broken into lines is nobody's business.
    expect({ ...refusal, text: refusal.text.replace(/,\n +/g, ',') }).toEqual(closesConnection(501, words));
  });

  it.each<[string, number, number, Buffer, string]>([
    ['has an unknown type', 7, 1, Buffer.from('x'), 'type 7, all octets = <<"x">>: unknown_frame'],
    ['has an unknown type on channel 0', 4, 0, Buffer.from('x'), 'type 4, all octets = <<"x">>: unknown_frame'],
    ['has an unknown type on no channel', 255, 5, octets(0, 1), 'type 255, all octets = <<0,1>>: unknown_frame'],
    [
      'is a heartbeat with a payload',
      FRAME.heartbeat,
      0,
      Buffer.from('xx'),
      'type 8, all octets = <<"xx">>: unknown_frame',
    ],
    ['is a method of nothing', FRAME.method, 1, octets(), 'type 1, all octets = <<>>: unknown_frame'],
    ['is a method of two octets', FRAME.method, 0, octets(0, 50), 'type 1, all octets = <<0,50>>: unknown_frame'],
    [
      'is a header of three octets',
      FRAME.header,
      1,
      octets(0, 60, 0),
      'type 2, all octets = <<0,60,0>>: unknown_frame',
    ],
  ])('that %s closes the connection', async (_, type, channel, payload, words) => {
    using client = await WireClient.openChannel(broker());
    // Where a method stands before it, a header would be its content.
    if (type === FRAME.header) client.send(1, 'basic.publish');
    client.sendFrame(type, channel, payload);
    expect(await client.refused()).toEqual(closesConnection(501, words));
  });

  it.each<[string, number, number, Buffer, string]>([
    ['heartbeat on channel 1', FRAME.heartbeat, 1, octets(), 'type 8, all octets = <<>>'],
    ['body on channel 0', FRAME.body, 0, Buffer.from('x'), 'type 3, all octets = <<"x">>'],
    [
      'header on channel 0',
      FRAME.header,
      0,
      octets(0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0),
      'type 2, all octets = <<0,60,0,0,0,0,0,0,0,0,0,3,0,0>>',
    ],
  ])('is also a %s', async (_, type, channel, payload, words) => {
    using client = await WireClient.openChannel(broker());
    client.sendFrame(type, channel, payload);
    expect(await client.refused()).toEqual(closesConnection(505, words));
  });

  it.each<[string, Buffer, string]>([
    ['end too early', octets(...queueDeclare, 0, 0, 5, 65), 'cannot decode <<0,0,5,65>>'],
    [
      'do not end',
      octets(...queueDeclare, 0, 0, 0, 0, 0, 0, 0, 0, 122, 122, 122),
      'cannot decode <<0,0,0,0,0,0,0,0,122,122,122>>',
    ],
  ])('holds a method whose fields %s', async (_, payload, words) => {
    using client = await WireClient.openChannel(broker());
    client.sendFrame(FRAME.method, 1, payload);
    expect(await client.refused()).toEqual(closesConnection(501, words, 'queue.declare'));
  });

  it('holds a name that is not UTF-8', async () => {
    using client = await WireClient.openChannel(broker());
    client.sendFrame(FRAME.method, 1, octets(...queueDeclare, 0, 0, 2, 0xff, 0xfe, 1, 0, 0, 0, 0));
    expect(await client.refused()).toEqual(closesConnection(501, 'Malformed UTF-8 in shortstr'));
  });

  it.each<[string, number, Buffer, number]>([
    ['a class that nobody knows', 1, octets(0, 99, 0, 10), 503],
    ['a class that nobody knows, on channel 0', 0, octets(0, 99, 0, 10), 503],
    ['a method that nobody knows', 1, octets(0, 50, 0, 99), 503],
    ['a method that nobody knows, on no channel', 7, octets(0, 60, 0, 99), 503],
    ['a table with a type that nobody knows', 1, octets(...queueDeclare, 0, 0, 0, 0, 0, 0, 0, 4, 1, 97, 0x7a, 0), 501],
  ])('of %s ends the connection, on RabbitMQ without a word', async (_, channel, payload, code) => {
    using client = await WireClient.openChannel(broker());
    client.sendFrame(FRAME.method, channel, payload);
    if (broker().kind === 'rabbitmq') {
      await client.ended();
    } else {
      expect(await client.refused()).toMatchObject({ scope: 'connection', code });
    }
  });

  it.each<[string, Buffer]>([
    ['connection.close', octets(0, 10, 0, 50, 0, 1)],
    ['connection.update-secret', octets(0, 10, 0, 70, 0, 0, 0, 9, 1)],
  ])('of %s that ends too early is an internal error', async (_, payload) => {
    using client = await WireClient.openChannel(broker());
    client.sendFrame(FRAME.method, 0, payload);
    expect(await client.refused()).toEqual({
      scope: 'connection',
      code: 541,
      text: 'INTERNAL_ERROR',
      method: '0.0',
    });
  });
});
