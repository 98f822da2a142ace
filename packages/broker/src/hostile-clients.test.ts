import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeFrame, encodeMethod } from '../test/amqplib-codec.js';
import { brokerInTest, clientOf, rawClient, roundTrip, silentClient, socketTo, until } from '../test/broker-in-test.js';
import { selfSigned } from '../test/clients/self-signed.js';
import { PROTOCOL_HEADER } from '../test/wire-client.js';

const warnings: Error[] = [];
const heard = (warning: Error): void => void warnings.push(warning);

beforeEach(() => {
  warnings.length = 0;
  process.on('warning', heard);
});

afterEach(() => {
  process.off('warning', heard);
  expect(warnings.filter(({ name }) => name === 'LeveretBrokerWarning')).toEqual([]);
});

describe('a client that speaks something else', () => {
  it.each([
    ['HTTP', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['AMQP 1.0', 'AMQP\0\x01\0\0'],
    ['AMQP with SASL', 'AMQP\x03\x01\0\0'],
    ['AMQP 0-8', 'AMQP\x01\x01\x08\0'],
    ['a TLS handshake', Buffer.from('160301020001000001fc0303', 'hex')],
    ['zeros', Buffer.alloc(64)],
  ])('is told which protocol it should have been, and left: %s', async (_, octets) => {
    const { broker, reasons } = await brokerInTest();
    const bystander = await clientOf(broker);
    const { socket, seen, end } = await socketTo(broker);

    socket.write(octets);

    await end;
    expect(Buffer.concat(seen)).toEqual(PROTOCOL_HEADER);
    await until(() => reasons().length === 1);
    expect(reasons()).toEqual(['it does not speak AMQP 0-9-1']);
    await roundTrip(bystander.channel);
  });

  it('is a TLS client at a plain port: its handshake fails at once', async () => {
    const { broker, reasons } = await brokerInTest();
    const socket = connectTls({ port: broker.port, host: broker.host, rejectUnauthorized: false });
    const [error] = await once(socket, 'error');
    expect(error.code).toBe('ERR_SSL_WRONG_VERSION_NUMBER');
    await until(() => reasons().length === 1);
    expect(reasons()).toEqual(['it does not speak AMQP 0-9-1']);
  });

  it('is a plain client at a TLS port', async () => {
    const { broker, reasons } = await brokerInTest({ tls: selfSigned() });
    const { socket, end } = await socketTo(broker);
    socket.write(PROTOCOL_HEADER);
    await end;
    await until(() => reasons().length === 1);
    expect(reasons()[0]).toMatch(/^no TLS: /);
    expect(broker.connections()).toEqual([]);
  });
});

describe('a client that takes its time', () => {
  it('is left when the handshake takes too long, whatever it sends meanwhile', async () => {
    const { broker, reasons } = await brokerInTest({ limits: { handshakeTimeoutMs: 60 } });
    const bystander = await clientOf(broker);
    const { socket, end } = await socketTo(broker);
    const octets = [...PROTOCOL_HEADER];
    const loris = setInterval(() => socket.write(Buffer.of(octets.shift() ?? 1)), 10);

    expect(await end).not.toBe('');
    clearInterval(loris);

    await until(() => reasons().length === 1);
    expect(reasons()).toEqual(['it was not open within 60 ms']);
    await roundTrip(bystander.channel);
  });

  it.each([
    ['says nothing', 0],
    ['stops after its header', 8],
  ])('is left when it %s', async (_, octets) => {
    const { broker, reasons } = await brokerInTest({ limits: { handshakeTimeoutMs: 30 } });
    const { socket, end } = await socketTo(broker);
    socket.write(PROTOCOL_HEADER.subarray(0, octets));
    await end;
    await until(() => reasons().length === 1);
    expect(reasons()).toEqual(['it was not open within 30 ms']);
  });

  it('is left when it begins no TLS at a TLS port', async () => {
    const { broker, reasons } = await brokerInTest({ tls: selfSigned(), limits: { handshakeTimeoutMs: 50 } });
    const { end } = await socketTo(broker);
    await end;
    await until(() => reasons().length === 1);
    expect(reasons()[0]).toMatch(/^no TLS: /);
  });

  it('is served when it sends octet by octet and is done in time', async () => {
    const { broker } = await brokerInTest();
    const client = await silentClient(broker);
    for (const octet of PROTOCOL_HEADER) client.write(Buffer.of(octet));
    await client.expect(0, 'connection.start');
  });
});

describe('a client whose frames are wrong', () => {
  const header = Buffer.from([1, 0, 1, 0, 0, 0, 4]);

  it.each([
    ['claims 1 GiB', Buffer.from([1, 0, 1, 0x40, 0, 0, 0]), 501],
    ['is of no known type', encodeFrame(7, 1, Buffer.alloc(4)), 501],
    ['has the wrong end', Buffer.concat([header, Buffer.from([0, 50, 0, 10, 0xcd])]), 501],
    ['is a method that there is not', encodeFrame(1, 1, Buffer.from([0, 99, 0, 99])), undefined],
    ['is a method without its fields', encodeFrame(1, 1, Buffer.from([0, 50, 0, 10])), undefined],
    ['is a body that belongs to nothing', encodeFrame(3, 1, Buffer.from('body')), 505],
    ['is for a channel that is not open', encodeMethod(9, 'basic.qos', {}), 504],
    ['is a method only brokers send', encodeMethod(1, 'basic.qos-ok', {}), undefined],
    ['starts the handshake again', encodeMethod(0, 'connection.open', { virtualHost: '/' }), 504],
  ])('is closed with a code, and the others go on: a frame that %s', async (_, octets, code) => {
    const { broker, reasons } = await brokerInTest();
    const bystander = await clientOf(broker);
    const client = await rawClient(broker);

    client.write(octets);

    const close = await client.expect(0, 'connection.close');
    if (code !== undefined) expect(close['replyCode']).toBe(code);
    expect(close['replyCode']).toBeGreaterThanOrEqual(500);
    client.destroy();
    await until(() => reasons().length === 1);
    expect(reasons()[0]).not.toBe('');
    await roundTrip(bystander.channel);
  });

  it('is left in silence before it has logged in', async () => {
    const { broker, reasons } = await brokerInTest();
    const client = await silentClient(broker);
    client.write(PROTOCOL_HEADER);
    await client.expect(0, 'connection.start');
    client.write(Buffer.from([1, 0, 0, 0x40, 0, 0, 0]));
    await client.rest();
    await until(() => reasons().length === 1);
    expect(reasons()[0]).not.toBe('');
  });
});
