import { expect, it } from 'vitest';
import type { Fields } from '../amqplib-codec.js';
import { onEachBroker } from '../brokers.js';
import { WireClient } from '../wire-client.js';
import { closesConnection } from './refusals.js';

// What amqplib demands of one method or another.
const fields: Fields = {
  clientProperties: {},
  serverProperties: {},
  response: Buffer.alloc(0),
  newSecret: Buffer.alloc(0),
  reason: '',
  replyCode: 200,
  queue: 'q',
  consumerTag: 't',
  exchange: 'x',
  deliveryTag: 1,
  messageCount: 0,
  consumerCount: 0,
  active: true,
};

onEachBroker('a method', (broker) => {
  it.each([
    'connection.start-ok',
    'connection.secure-ok',
    'connection.tune',
    'connection.tune-ok',
    'connection.open',
    'connection.open-ok',
    'connection.close-ok',
    'connection.blocked',
    'connection.unblocked',
    'channel.open',
    'queue.declare',
    'basic.publish',
  ])('%s on channel 0 of an open connection closes it', async (method) => {
    using client = await WireClient.openChannel(broker());
    expect(await client.refusal(0, method, fields)).toEqual(
      closesConnection(504, 'unexpected method in connection state running', method),
    );
  });

  it.each([
    'connection.open',
    'connection.close',
    'connection.close-ok',
    'connection.start-ok',
    'connection.update-secret',
    'channel.open-ok',
    'channel.flow-ok',
    'channel.close-ok',
    'access.request-ok',
    'exchange.declare-ok',
    'queue.declare-ok',
    'basic.qos-ok',
    'basic.consume-ok',
    'basic.cancel-ok',
    'basic.get-empty',
    'basic.recover-ok',
    'confirm.select-ok',
    'tx.select-ok',
  ])('%s is none that a channel takes', async (method) => {
    using client = await WireClient.openChannel(broker());
    expect(await client.refusal(1, method, fields)).toEqual(closesConnection(503, 'unimplemented method', method));
  });

  it.each(['basic.deliver', 'basic.return', 'basic.get-ok'])(
    '%s is none that a channel takes, once its content is complete',
    async (method) => {
      using client = await WireClient.openChannel(broker());
      client.send(1, method, { ...fields, replyText: '', routingKey: '' });
      client.sendHeader(1, 0);
      expect(await client.refused()).toEqual(closesConnection(503, 'unimplemented method', method));
    },
  );

  it.each(['queue.declare', 'channel.close', 'basic.ack'])(
    '%s on a channel that was never opened closes the connection',
    async (method) => {
      using client = await WireClient.openChannel(broker());
      expect(await client.refusal(5, method, fields)).toEqual(closesConnection(504, "expected 'channel.open'", method));
    },
  );

  it('with content on a channel that was never opened closes the connection', async () => {
    using client = await WireClient.openChannel(broker());
    client.publish(5, { routingKey: 'nowhere' }, 'x');
    expect(await client.refused()).toEqual(closesConnection(504, "expected 'channel.open'", 'basic.publish'));
  });

  it.each(['queue.declare', 'channel.close', 'channel.close-ok'])(
    '%s on a channel that was closed closes the connection',
    async (method) => {
      using client = await WireClient.openChannel(broker());
      await client.ask(1, 'channel.close');
      expect(await client.refusal(1, method, fields)).toEqual(closesConnection(504, "expected 'channel.open'", method));
    },
  );

  it('channel.open on an open channel closes the connection', async () => {
    using client = await WireClient.openChannel(broker());
    expect(await client.refusal(1, 'channel.open')).toEqual(
      closesConnection(504, "second 'channel.open' seen", 'channel.open'),
    );
  });

  it('before connection.open has been answered is refused', async () => {
    const refusal = async (channel: number, method: string): Promise<unknown> => {
      using client = await WireClient.connect(broker());
      await client.start();
      await client.tune();
      return await client.refusal(channel, method, fields);
    };
    expect(await refusal(1, 'channel.open')).toEqual(closesConnection(505, 'type 1, all octets = <<0,20,0,10,0>>'));
    for (const method of ['connection.start-ok', 'connection.tune-ok', 'connection.close']) {
      expect(await refusal(0, method)).toEqual(
        closesConnection(504, 'unexpected method in connection state opening', method),
      );
    }
  });

  it('access.request, of older protocols, is granted', async () => {
    using client = await WireClient.openChannel(broker());
    expect(await client.ask(1, 'access.request')).toEqual({ ticket: 1 });
  });
});
