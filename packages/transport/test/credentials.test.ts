import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createTransport } from '../src/index.js';
import { EventLog, until, useControl } from './helpers.js';

const broker = useControl();

describe('credentials', () => {
  it('are asked for at each dial, and rotate while the transport lives', async () => {
    const username = 'rotating';
    await broker.control.addUser(username, 'first');
    const log = new EventLog();
    let password = 'first';
    const asked: (readonly [string, number, string])[] = [];
    await using transport = createTransport(broker.control.urlOf('/', { username: 'nobody', password: 'unused' }), {
      onEvent: log.onEvent,
      credentials: async (host, { number, purpose }) => {
        asked.push([host, number, purpose]);
        return { username, password };
      },
    });
    await transport.connect();
    const host = `${broker.control.hostname}:${broker.control.port}`;
    expect(asked.toSorted()).toEqual([
      [host, 1, 'consume'],
      [host, 1, 'publish'],
    ]);
    password = 'second';
    await broker.control.changePassword(username, password);
    await broker.control.closeConnections('rotation', { match: ({ user }) => user === username });
    await until(() => log.of('connection-lost').length === 2 && transport.health().ready);
    expect(log.of('connection-attempt-failed')).toEqual([]);
    await transport.publish({ routingKey: 'nobody' }, 'x');
    await transport.close();
    await broker.control.deleteUser(username);
  });

  it('fail an attempt by name when the callback throws, and what it threw is repeated nowhere', async () => {
    const log = new EventLog();
    await using transport = createTransport(broker.control.url, {
      onEvent: log.onEvent,
      credentials: () => {
        throw Object.assign(new Error('vault said: token s.S3cretToken is bad'), {
          code: 'EVAULT',
          token: 's.S3cretToken',
        });
      },
    });
    const connecting = transport.connect().catch(() => {});
    await until(() => log.of('connection-attempt-failed').length > 0);
    const [failed] = log.of('connection-attempt-failed');
    expect(failed?.error.message).toContain('The option credentials failed');
    expect(failed?.error.message).toContain('EVAULT');
    expect(inspect([log.all, transport.state], { depth: 20, showHidden: true })).not.toContain('S3cretToken');
    await transport.close();
    await connecting;
  });

  it('do not hold a dial up for ever when the callback does not settle', async () => {
    const log = new EventLog();
    await using transport = createTransport(broker.control.url, {
      onEvent: log.onEvent,
      connectTimeoutMs: 100,
      reconnectBackoff: [],
      credentials: () => new Promise(() => {}),
    });
    await expect(transport.connect()).rejects.toMatchObject({ code: 'ERR_LEVERET_CONNECTION_CLOSED' });
    expect(log.of('connection-attempt-failed')[0]?.error.message).toContain(
      'asking the option credentials within 100 ms',
    );
  });

  it('that expire are renewed on the open connection', async () => {
    const log = new EventLog();
    let asked = 0;
    await using transport = createTransport(broker.control.url, {
      onEvent: log.onEvent,
      credentials: () => {
        asked += 1;
        const { username, password } = broker.control;
        return { username, password, ...(asked < 5 ? { expiresInMs: 200 } : {}) };
      },
    });
    await transport.connect();
    await until(() => log.of('credentials-renewed').length >= 2);
    expect(log.of('credentials-renewal-failed')).toEqual([]);
    expect(log.of('connection-lost')).toEqual([]);
    await transport.publish({ routingKey: 'nobody' }, 'x');
  });

  it('can be given anew by hand, and later dials use them', async () => {
    const username = 'by-hand';
    await broker.control.addUser(username, 'first');
    const log = new EventLog();
    await using transport = createTransport(broker.control.urlOf('/', { username, password: 'first' }), {
      onEvent: log.onEvent,
    });
    await transport.connect();
    await broker.control.changePassword(username, 'second');
    await transport.updateSecret('second', 'rotated by hand');
    await broker.control.closeConnections('rotation', { match: ({ user }) => user === username });
    await until(() => log.of('connection-lost').length === 2 && transport.health().ready);
    expect(log.of('connection-attempt-failed')).toEqual([]);
    expect(inspect([transport, log.all], { depth: 20, showHidden: true })).not.toContain('second');
    await transport.close();
    await broker.control.deleteUser(username);
  });
});

describe('authMechanism', () => {
  it.each(['PLAIN', 'AMQPLAIN'] as const)('can be %s', async (authMechanism) => {
    await using transport = createTransport(broker.control.url, { authMechanism });
    await transport.connect();
    expect(transport.health().ready).toBe(true);
  });

  it('that the broker does not offer is refused, and those it offers are named', async () => {
    const transport = createTransport(broker.control.url, { authMechanism: 'EXTERNAL' });
    await expect(transport.connect()).rejects.toMatchObject({
      code: 'ERR_LEVERET_CONNECTION_REFUSED',
      reason: 'credentials',
      message: expect.stringMatching(/EXTERNAL: it offers .*AMQPLAIN/),
    });
    await transport.close();
  });
});
