import { describe, expect, it } from 'vitest';
import { brokerInTest, clientOf } from '../test/broker-in-test.js';
import { startBroker } from './embedded-broker.js';
import { BrokerError } from './errors.js';
import { type BrokerOptions, resolveOptions } from './options.js';

/** What JavaScript may hand over, whatever TypeScript says. */
const anything = (options: unknown): BrokerOptions => options as BrokerOptions;

describe('the options of a broker', () => {
  it('all have defaults', () => {
    expect(resolveOptions()).toEqual({
      port: 0,
      host: '127.0.0.1',
      users: new Map([['guest', 'guest']]),
      virtualHosts: ['/'],
      tls: undefined,
      heartbeatSeconds: 60,
      onEvent: undefined,
      limits: {
        frameMaxBytes: 131_072,
        channelMax: 2047,
        messageBytes: 134_217_728,
        queueMessages: 1_000_000,
        queueBytes: Number.POSITIVE_INFINITY,
        memoryBytes: 268_435_456,
        connections: 10_000,
        handshakeTimeoutMs: 10_000,
      },
    });
  });

  it('may be left undefined one by one', () => {
    const options = { port: undefined, users: undefined, limits: { connections: undefined }, tls: undefined };
    expect(resolveOptions(anything(options))).toEqual(resolveOptions());
  });

  it('are what clients are offered', async () => {
    const { broker } = await brokerInTest({ heartbeatSeconds: 7, limits: { frameMaxBytes: 8192, channelMax: 5 } });
    await clientOf(broker);
    expect(broker.connections()).toMatchObject([{ heartbeatSeconds: 7, frameMaxBytes: 8192 }]);
  });

  it.each([
    [{ prot: 5672 }, 'The broker does not know the option prot; there are port, host, users,'],
    [{ limits: { connection: 1 } }, 'The broker does not know the limit connection; there are frameMaxBytes,'],
    [{ port: 70_000 }, 'The option port takes a whole number from 0 to 65535; it was given 70000.'],
    [{ port: '5672' }, 'The option port takes a whole number from 0 to 65535; it was given string.'],
    [{ port: 1.5 }, 'it was given 1.5.'],
    [{ heartbeatSeconds: -1 }, 'The option heartbeatSeconds takes a whole number from 0 to 65535; it was given -1.'],
    [{ host: '' }, 'The option host takes a host name or an address'],
    [{ host: 5 }, 'The option host takes a host name or an address; it was given number.'],
    [{ users: {} }, 'The option users takes at least one user'],
    [{ users: 'guest' }, 'The option users takes passwords by user name'],
    [{ users: ['guest'] }, 'it was given an array.'],
    [{ users: { guest: 5 } }, 'The option users.guest takes a password, which is a string; it was given number.'],
    [{ virtualHosts: [] }, 'The option virtualHosts takes names of virtual hosts'],
    [{ virtualHosts: 'one' }, 'The option virtualHosts takes names of virtual hosts'],
    [{ virtualHosts: ['/', ''] }, 'The option virtualHosts takes names of virtual hosts'],
    [{ virtualHosts: ['/', '/'] }, 'The option virtualHosts takes each name once'],
    [{ limits: { frameMaxBytes: 4095 } }, 'The option limits.frameMaxBytes takes a whole number from 4096'],
    [{ limits: { channelMax: 0 } }, 'The option limits.channelMax takes a whole number from 1 to 65535'],
    [{ limits: { memoryBytes: 0 } }, 'The option limits.memoryBytes takes a whole number from 1'],
    [{ limits: { handshakeTimeoutMs: Number.POSITIVE_INFINITY } }, 'The option limits.handshakeTimeoutMs takes'],
    [{ limits: 5 }, 'The option limits takes an object, such as { connections: 10 }; it was given number.'],
    [{ tls: true }, 'The option tls takes an object with a key and a cert'],
    [{ tls: { key: 'k' } }, 'it was given one with key.'],
    [{ onEvent: 'log' }, 'The option onEvent takes a function; it was given string.'],
    ['amqp://localhost', 'The option options takes an object, such as { port: 5672 }; it was given string.'],
    [null, 'it was given null.'],
  ])('are refused when they cannot be: %j', async (options, message) => {
    const error = await startBroker(anything(options)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BrokerError);
    expect(error).toMatchObject({ code: 'ERR_LEVERET_BROKER_OPTION', message: expect.stringContaining(message) });
  });

  it.each([
    { host: 'amqp://guest:pa55w0rd@localhost' },
    { host: 'guest:pa55w0rd@localhost' },
    { port: 'amqp://guest:pa55w0rd@localhost' },
    { users: 'guest:pa55w0rd' },
    { users: { guest: { password: 'pa55w0rd' } } },
    { users: [['guest', 'pa55w0rd']] },
    { tls: 'pa55w0rd' },
    { tls: { key: 'pa55w0rd', cert: 'pa55w0rd', passphrase: 'pa55w0rd' } },
    { tls: { passphrase: 'pa55w0rd' } },
    { limits: 'pa55w0rd' },
    { heartbeatSeconds: 'pa55w0rd' },
    { onEvent: 'pa55w0rd' },
    'amqp://guest:pa55w0rd@localhost',
  ])('are refused without a word of what may be a password: %j', async (options) => {
    const error = await startBroker(anything(options)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BrokerError);
    expect(String(error)).not.toContain('pa55w0rd');
    expect(String((error as BrokerError).cause)).not.toContain('pa55w0rd');
  });

  it('may take bounds away', () => {
    const limits = { queueMessages: Number.POSITIVE_INFINITY, connections: Number.POSITIVE_INFINITY };
    expect(resolveOptions({ limits }).limits).toMatchObject(limits);
  });
});

describe('who listens to events', () => {
  it('may throw: it becomes a process warning, and the client notices nothing', async () => {
    const warnings: Error[] = [];
    const heard = (warning: Error): void => void warnings.push(warning);
    process.on('warning', heard);
    const broker = await startBroker({
      onEvent: ({ type }) => {
        throw new Error(`no ${type}`);
      },
    });
    const { connection } = await clientOf(broker);
    await connection.close();
    await broker.close();
    await new Promise(setImmediate);
    process.off('warning', heard);

    expect(warnings.map(({ message }) => message)).toEqual(['no connection-opened', 'no connection-closed']);
    expect(warnings.every(({ name }) => name === 'LeveretBrokerWarning')).toBe(true);
  });
});
