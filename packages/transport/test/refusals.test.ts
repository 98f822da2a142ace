import { describe, expect, it } from 'vitest';
import { createTransport } from '../src/index.js';
import { EventLog, until, useControl } from './helpers.js';

const broker = useControl();

describe('a broker that refuses', () => {
  it('is answered at once for a wrong password, with no retry storm', async () => {
    const log = new EventLog();
    const transport = createTransport(
      broker.control.urlOf('/', { username: broker.control.username, password: 'wr0ngS3cret' }),
      {
        onEvent: log.onEvent,
      },
    );
    const before = performance.now();
    const [connected, published] = await Promise.allSettled([
      transport.connect(),
      transport.publish({ routingKey: 'q' }, 'x'),
    ]);
    expect(performance.now() - before).toBeLessThan(1_000);
    const refusal = {
      status: 'rejected',
      reason: {
        code: 'ERR_LEVERET_CONNECTION_REFUSED',
        reason: 'credentials',
        message: expect.stringContaining(`user '${broker.control.username}': wrong user name or password`),
      },
    };
    expect([connected, published]).toMatchObject([refusal, refusal]);
    expect(JSON.stringify(log.all)).not.toContain('wr0ngS3cret');
    expect(log.of('connection-attempt-failed').length).toBeLessThanOrEqual(2);
    expect(transport.state.publish).toMatchObject({ status: 'closed', error: { reason: 'credentials' } });
    const again = Array.from({ length: 100 }, () => transport.publish({ routingKey: 'q' }, 'x'));
    expect((await Promise.allSettled(again)).every(({ status }) => status === 'rejected')).toBe(true);
    expect(log.of('connection-attempt-failed').length).toBeLessThanOrEqual(2);
    await transport.close();
  });

  it('is answered at once for a virtual host that does not exist', async () => {
    const transport = createTransport(broker.control.urlOf('nowhere'));
    const before = performance.now();
    await expect(transport.connect()).rejects.toMatchObject({
      code: 'ERR_LEVERET_CONNECTION_REFUSED',
      reason: 'virtual-host',
      message: expect.stringMatching(
        /virtual host 'nowhere' .* does not exist.* NOT_ALLOWED - vhost nowhere not found/,
      ),
    });
    expect(performance.now() - before).toBeLessThan(1_000);
    await transport.close();
  });

  it('is told from one that does not let this user in', async () => {
    await broker.control.addUser('poor', 'secret');
    await broker.control.refuseUser('poor');
    const transport = createTransport(broker.control.urlOf('/', { username: 'poor', password: 'secret' }));
    await expect(transport.connect()).rejects.toMatchObject({
      code: 'ERR_LEVERET_CONNECTION_REFUSED',
      reason: 'virtual-host',
      message: expect.stringContaining("virtual host '/' for user 'poor': the user may not use it"),
    });
    await transport.close();
    await broker.control.deleteUser('poor');
  });

  it('is dialled again by the next use', async () => {
    const username = 'late';
    const log = new EventLog();
    const url = broker.control.urlOf('/', { username, password: 'secret' });
    const transport = createTransport(url, { onEvent: log.onEvent });
    await expect(transport.connect()).rejects.toMatchObject({ code: 'ERR_LEVERET_CONNECTION_REFUSED' });
    // The first refusal has rejected it; the other connection may still be dialling, and the next use would join it.
    await until(() => log.of('connection-attempt-failed').length === 2);
    await broker.control.addUser(username, 'secret');
    await transport.connect();
    expect(transport.health()).toMatchObject({ ready: true, publish: 'open', consume: 'open' });
    await transport.close();
    await broker.control.deleteUser(username);
  });

  it('is tried again when it has let us in before', async () => {
    const username = 'rotated';
    await broker.control.addUser(username, 'first');
    const log = new EventLog();
    await using transport = createTransport(broker.control.urlOf('/', { username, password: 'first' }), {
      onEvent: log.onEvent,
    });
    await transport.connect();
    await broker.control.changePassword(username, 'second');
    await broker.control.closeConnections('rotated', { match: ({ user }) => user === username });
    await until(() => log.of('connection-attempt-failed').length >= 2);
    await broker.control.changePassword(username, 'first');
    await until(() => transport.health().ready);
    await broker.control.deleteUser(username);
  });
});

describe('a broker that refuses a publish', () => {
  it('is quoted with who it refuses and what, and nobody else is failed', async () => {
    const username = 'writer';
    const password = 'secret-of-writer';
    await broker.control.addUser(username, password, { write: '^(amq\\.default|mine.*)$' });
    await using transport = createTransport(broker.control.urlOf('/', { username, password }));
    const results = await Promise.allSettled([
      transport.publish({ routingKey: 'nobody' }, '1'),
      transport.publish({ exchange: { name: 'amq.topic', type: 'topic', passive: true }, routingKey: 'k' }, '2'),
      transport.publish({ routingKey: 'nobody' }, '3'),
    ]);
    expect(results).toMatchObject([
      { status: 'fulfilled' },
      {
        status: 'rejected',
        reason: {
          code: 'ERR_LEVERET_DELIVERY',
          outcome: 'refused',
          exchange: 'amq.topic',
          message: expect.stringMatching(
            /^127\.0\.0\.1:\d+ refused a message to exchange 'amq\.topic' with routing key 'k': ACCESS_REFUSED - .*exchange 'amq\.topic' in vhost '\/' refused for user 'writer'/,
          ),
        },
      },
      { status: 'fulfilled' },
    ]);
    expect(transport.state.publish.status).toBe('open');
    await broker.control.deleteUser(username);
  });
});
