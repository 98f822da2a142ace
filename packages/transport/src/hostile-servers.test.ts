import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { TransportEvent } from './events.js';
import { close, OPEN_OK, shakeHands } from './testing/handshake.js';
import { startHostileServer } from './testing/hostile-server.js';
import { createTransport } from './transport.js';

const QUICK = { connectTimeoutMs: 200, reconnectBackoff: [] } as const;

async function closedSockets(server: { readonly sockets: ReadonlySet<unknown> }): Promise<void> {
  while (server.sockets.size > 0) await delay(5);
}

describe('a server that is no broker', () => {
  it('does not hang us by accepting and staying silent', async () => {
    await using server = await startHostileServer(() => {});
    const transport = createTransport(`rabbit://127.0.0.1:${server.port}/`, QUICK);
    await expect(transport.connect()).rejects.toMatchObject({
      code: 'ERR_LEVERET_CONNECTION_CLOSED',
      cause: { code: 'ERR_LEVERET_CONNECTION_LOST' },
    });
    await closedSockets(server);
    await transport.close();
  });

  it('does not hang us by dripping bytes', async () => {
    await using server = await startHostileServer((socket) => {
      const drip = setInterval(() => socket.write(Buffer.from([1])), 20);
      socket.on('close', () => clearInterval(drip));
    });
    const transport = createTransport(`rabbit://127.0.0.1:${server.port}/`, QUICK);
    await expect(transport.connect()).rejects.toMatchObject({
      code: expect.stringContaining('ERR_LEVERET_CONNECTION_'),
    });
    await closedSockets(server);
    await transport.close();
  });

  it.each([
    ['answers HTTP', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n', 'it answered HTTP'],
    ['answers with an alert of TLS', Buffer.from([0x15, 3, 3, 0, 2, 2, 10]), 'it speaks TLS on this port'],
    ['wants AMQP 1.0', Buffer.from('AMQP\x00\x01\x00\x00'), 'it wants AMQP 1.0 instead'],
    ['claims a frame of 1 GiB', Buffer.from([1, 0, 0, 0x40, 0, 0, 0]), 'Frame size 1073741824 exceeds'],
    ['sends garbage', Buffer.alloc(4096, 0xa5), 'does not answer in AMQP 0-9-1'],
  ])('is named when it %s', async (_, bytes, words) => {
    await using server = await startHostileServer((socket) => socket.write(bytes));
    const transport = createTransport(`rabbit://127.0.0.1:${server.port}/`, QUICK);
    await expect(transport.connect()).rejects.toMatchObject({
      code: 'ERR_LEVERET_CONNECTION_REFUSED',
      reason: 'protocol',
      host: `127.0.0.1:${server.port}`,
      message: expect.stringContaining(words),
    });
    await closedSockets(server);
    await transport.close();
  });

  it('does not crash the process by resetting during the handshake', async () => {
    await using server = await startHostileServer((socket) => socket.resetAndDestroy());
    const transport = createTransport(`rabbit://127.0.0.1:${server.port}/`, QUICK);
    await expect(transport.connect()).rejects.toMatchObject({ cause: { code: 'ERR_LEVERET_CONNECTION_LOST' } });
    await transport.close();
  });

  it.each([
    ['an internal error', 541],
    ['a frame error', 501],
    ['a forced close', 320],
  ])('does not crash the process by sending %s in the same packet as open-ok', async (_, code) => {
    await using server = await startHostileServer((socket) =>
      shakeHands(socket, Buffer.concat([OPEN_OK, close(code, 'on purpose')])),
    );
    const transport = createTransport(`rabbit://127.0.0.1:${server.port}/`, QUICK);
    await expect(transport.connect()).rejects.toMatchObject({ cause: { code: 'ERR_LEVERET_CONNECTION_LOST' } });
    // Neither connection is taken for open, also the one that makes no channel.
    while (transport.state.publish.status !== 'closed' || transport.state.consume.status !== 'closed') await delay(5);
    expect(transport.state.consume).toMatchObject({
      error: { cause: { message: expect.stringContaining('on purpose') } },
    });
    await closedSockets(server);
    await transport.close();
  });

  it('never sees a password in an event or an error', async () => {
    await using server = await startHostileServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const events: TransportEvent[] = [];
    const transport = createTransport(`rabbit://nova:S3cretWord@127.0.0.1:${server.port}/`, {
      ...QUICK,
      onEvent: (event) => events.push(event),
    });
    const error = await transport.connect().catch((reason: Error) => reason);
    const { inspect } = await import('node:util');
    const told = inspect([error, events, transport, transport.state], { depth: 20, showHidden: true });
    expect(told).toContain('connection-attempt-failed');
    expect(told).not.toContain('S3cretWord');
    await transport.close();
  });
});
