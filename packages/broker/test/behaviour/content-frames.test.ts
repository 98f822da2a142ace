import { expect, it } from 'vitest';
import { encodeFrame, type Fields } from '../amqplib-codec.js';
import { onEachBroker } from '../brokers.js';
import { FRAME, WireClient } from '../wire-client.js';
import { closesConnection } from './refusals.js';

const noMethod = 'expected method frame, got non method frame instead';
const noHeader = 'expected content header for class 60, got non content header frame instead';
const noBody = 'expected content body, got non content body frame instead';
const header = (...flagsAndValues: number[]): Buffer =>
  Buffer.from([0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...flagsAndValues]);

onEachBroker('a message’s frames', (broker) => {
  it.each<[string, (client: WireClient) => void]>([
    ['header', (client) => client.sendHeader(1, 3)],
    ['body', (client) => client.sendFrame(FRAME.body, 1, Buffer.from('x'))],
    ['header on a channel that is not open', (client) => client.sendHeader(5, 3)],
    ['body on a channel that is not open', (client) => client.sendFrame(FRAME.body, 5, Buffer.from('x'))],
    [
      'body after an empty message',
      (client) => {
        client.publish(1, { routingKey: 'nowhere' });
        client.sendFrame(FRAME.body, 1, Buffer.from('x'));
      },
    ],
  ])('are not expected without a method: %s', async (_, send) => {
    using client = await WireClient.openChannel(broker());
    send(client);
    expect(await client.refused()).toEqual(closesConnection(505, noMethod));
  });

  it.each<[string, string, (client: WireClient) => void]>([
    ['a method for a header', noHeader, (client) => client.send(1, 'channel.flow', { active: true })],
    ['a body for a header', noHeader, (client) => client.sendFrame(FRAME.body, 1, Buffer.from('x'))],
    [
      'a header of another class',
      'expected content header for class 60, got one for class 50 instead',
      (client) => client.sendHeader(1, 5, {}, 50),
    ],
    [
      'a header with a weight',
      noHeader,
      (client) => {
        const payload = header(0, 0);
        payload.writeUInt16BE(1, 2);
        client.sendFrame(FRAME.header, 1, payload);
      },
    ],
    [
      'a method for a body',
      noBody,
      (client) => {
        client.sendHeader(1, 5);
        client.send(1, 'channel.flow', { active: true });
      },
    ],
    [
      'a header for a body',
      noBody,
      (client) => {
        client.sendHeader(1, 5);
        client.sendHeader(1, 5);
      },
    ],
    [
      'a method when the body was too long',
      noBody,
      (client) => {
        client.sendHeader(1, 5);
        client.sendFrame(FRAME.body, 1, Buffer.from('1234567'));
        client.send(1, 'channel.flow', { active: true });
      },
    ],
  ])('must come in order: %s', async (_, words, send) => {
    using client = await WireClient.openChannel(broker());
    client.send(1, 'basic.publish', { routingKey: 'nowhere' });
    send(client);
    expect(await client.refused()).toEqual(closesConnection(505, words, 'basic.publish'));
  });

  it.each<[string, Buffer]>([
    ['end too early', header(0x80, 0, 200, 1)],
    ['have more flags than there are properties', header(0, 1, 0, 0)],
  ])('hold properties that %s: an internal error', async (_, payload) => {
    using client = await WireClient.openChannel(broker());
    client.send(1, 'basic.publish', { routingKey: 'nowhere' });
    client.sendFrame(FRAME.header, 1, payload);
    expect(await client.refused()).toEqual({
      scope: 'connection',
      code: 541,
      text: 'INTERNAL_ERROR',
      method: '0.0',
    });
  });

  it('may be mixed with heartbeats, empty bodies, and frames of other channels', async () => {
    using client = await WireClient.openChannel(broker());
    await client.ask(2, 'channel.open');
    const { queue } = await client.ask(1, 'queue.declare', { exclusive: true });
    const publish: Fields = { routingKey: queue };
    client.send(1, 'basic.publish', publish);
    client.send(2, 'basic.publish', publish);
    client.sendHeader(2, 4);
    client.sendHeader(1, 3);
    client.write(encodeFrame(FRAME.heartbeat, 0, Buffer.alloc(0)));
    client.sendFrame(FRAME.body, 1, Buffer.alloc(0));
    client.sendFrame(FRAME.body, 1, Buffer.from('on'));
    client.sendFrame(FRAME.body, 2, Buffer.from('se'));
    client.sendFrame(FRAME.body, 1, Buffer.from('e'));
    expect((await client.call(1, 'basic.get', { queue, noAck: true })).content?.body.toString()).toBe('one');
    client.sendFrame(FRAME.body, 2, Buffer.from('cd'));
    expect((await client.call(2, 'basic.get', { queue, noAck: true })).content?.body.toString()).toBe('secd');
  });
});
