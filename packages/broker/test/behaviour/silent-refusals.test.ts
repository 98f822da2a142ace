import { expect, it } from 'vitest';
import { encodeFrame } from '../amqplib-codec.js';
import { onEachBroker } from '../brokers.js';
import { FRAME, PROTOCOL_HEADER, WireClient } from '../wire-client.js';
import { amqplainResponse } from './amqplain.js';

// RabbitMQ says nothing for three seconds, then ends: so all cases run at once.
onEachBroker('who has not proven to speak AMQP', (broker) => {
  const told = { capabilities: { authentication_failure_close: true } };
  const cases: Readonly<Record<string, (client: WireClient) => Promise<unknown>>> = {
    'wrong password, and cannot hear of it': (client) => client.start({ password: 'no' }),
    'wrong password, and will not hear of it': (client) =>
      client.start({
        password: 'no',
        clientProperties: { capabilities: { authentication_failure_close: false } },
      }),
    'unknown mechanism': (client) => client.start({ mechanism: 'NONE', clientProperties: told }),
    'mechanism in lower case': (client) => client.start({ mechanism: 'plain', clientProperties: told }),
    'PLAIN that is no PLAIN': (client) => client.start({ response: Buffer.from('nonsense'), clientProperties: told }),
    'PLAIN with somebody to act for': (client) =>
      client.start({
        response: Buffer.from(`other\0${broker().username}\0${broker().password}`),
        clientProperties: told,
      }),
    'AMQPLAIN that is no table': (client) =>
      client.start({ mechanism: 'AMQPLAIN', response: Buffer.from('nonsense'), clientProperties: told }),
    'AMQPLAIN without a password': (client) =>
      client.start({
        mechanism: 'AMQPLAIN',
        response: amqplainResponse(broker().username),
        clientProperties: told,
      }),
    'open instead of start-ok': (client) => startThen(client, () => client.send(0, 'connection.open')),
    'close instead of start-ok': (client) => startThen(client, () => client.send(0, 'connection.close')),
    'a channel instead of start-ok': (client) => startThen(client, () => client.send(1, 'channel.open')),
    'HTTP instead of start-ok': (client) => startThen(client, () => client.write('GET / HTTP/1.1\r\n\r\n')),
    'a frame that would be large': (client) =>
      startThen(client, () =>
        client.write(encodeFrame(FRAME.method, 0, Buffer.alloc(0)).fill(0x40, 3, 4).subarray(0, 7)),
      ),
    'open instead of tune-ok': (client) => tuneThen(client, () => client.send(0, 'connection.open')),
    'close instead of tune-ok': (client) => tuneThen(client, () => client.send(0, 'connection.close')),
    'frames of less than 4096 octets': (client) => tuned(client, { frameMax: 4095 }),
    'frames without limit': (client) => tuned(client, { frameMax: 0 }),
    'frames larger than proposed': (client) => tuned(client, { frameMax: 131073 }),
    'channels without limit': (client) => tuned(client, { channelMax: 0 }),
    'more channels than proposed': (client) => tuned(client, { channelMax: 2048 }),
  };

  async function startThen(client: WireClient, action: () => void): Promise<void> {
    client.write(PROTOCOL_HEADER);
    await client.expect(0, 'connection.start');
    action();
  }

  async function tuneThen(client: WireClient, action: () => void): Promise<void> {
    await client.start();
    await client.expect(0, 'connection.tune');
    action();
  }

  async function tuned(client: WireClient, tune: { channelMax?: number; frameMax?: number }): Promise<void> {
    await client.start();
    await client.tune({ tune });
  }

  it('is told nothing, and cut off', async () => {
    const outcomes = await Promise.all(
      Object.entries(cases).map(async ([name, run]) => {
        using client = await WireClient.connect(broker());
        const said = await run(client)
          .then(() => client.rest())
          .then(String, String);
        return `${name}: ${JSON.stringify(said)}`;
      }),
    );
    expect(outcomes).toEqual(Object.keys(cases).map((name) => `${name}: ""`));
  });
});
