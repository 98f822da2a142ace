import { expect, it } from 'vitest';
import { onEachBroker } from '../brokers.js';
import { PROTOCOL_HEADER, WireClient } from '../wire-client.js';

const amqp = (...octets: number[]): Buffer => Buffer.from([0x41, 0x4d, 0x51, 0x50, ...octets]);

onEachBroker('the protocol header', (broker) => {
  it.each([
    ['AMQP 1.0', amqp(0, 1, 0, 0)],
    ['AMQP 1.0 with SASL', amqp(3, 1, 0, 0)],
    ['AMQP 0-10', amqp(1, 1, 0, 10)],
    ['AMQP 0-9-0', amqp(0, 0, 9, 0)],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['TLS', Buffer.from('16030100c8010000c4', 'hex')],
    ['eight octets of nothing known', Buffer.from('deadbeefdeadbeef', 'hex')],
  ])('of %s is answered with that of 0-9-1 and the end', async (_, octets) => {
    using client = await WireClient.connect(broker());
    client.write(octets);
    expect(await client.rest()).toEqual(PROTOCOL_HEADER);
  });

  it.each([
    ['0-8', amqp(1, 1, 8, 0)],
    ['0-9', amqp(1, 1, 0, 9)],
  ])('of AMQP %s begins a session of RabbitMQ, and is not known to the embedded broker', async (_, octets) => {
    using client = await WireClient.connect(broker());
    client.write(octets);
    if (broker().kind === 'rabbitmq') {
      expect((await client.next()).name).toBe('connection.start');
    } else {
      expect(await client.rest()).toEqual(PROTOCOL_HEADER);
    }
  });

  it('may come octet by octet', async () => {
    using client = await WireClient.connect(broker());
    for (const octet of PROTOCOL_HEADER) {
      client.write(Buffer.from([octet]));
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    expect((await client.next()).name).toBe('connection.start');
  });

  it('may be followed by the whole handshake at once', async () => {
    using client = await WireClient.connect(broker());
    client.write(PROTOCOL_HEADER);
    const { username, password, virtualHost } = broker();
    const response = Buffer.from(`\0${username}\0${password}`);
    client.send(0, 'connection.start-ok', { clientProperties: {}, mechanism: 'PLAIN', response, locale: 'en_US' });
    client.send(0, 'connection.tune-ok', { channelMax: 10, frameMax: 4096, heartbeat: 0 });
    client.send(0, 'connection.open', { virtualHost });
    client.send(1, 'channel.open');
    const names: string[] = [];
    for (let count = 0; count < 4; count++) names.push((await client.next()).name);
    expect(names).toEqual(['connection.start', 'connection.tune', 'connection.open-ok', 'channel.open-ok']);
  });
});
