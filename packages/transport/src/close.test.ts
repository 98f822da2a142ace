import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startHostileServer } from './testing/hostile-server.js';
import { type ClientMethod, type ScriptedBroker, startScriptedBroker } from './testing/scripted-broker.js';
import { createTransport, type Transport } from './transport.js';

// A broker that is not asked, or answers, is left at once; one that does not is given up on: first on its word that
// a consumer is cancelled, then on its goodbye.
const AT_ONCE_MS = 300;
const GIVEN_UP_MS = 1_500;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(2);
}

/** Timers and sockets of this process, as its event loop would count them. */
function resources(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => /^(Timeout|TCP|TLS|Immediate)/.test(name) && name !== 'TCPServerWrap');
}

/** What has come since; the timers of the test runner come and go. */
function left(before: readonly string[]): string[] {
  const rest = resources();
  for (const name of before) if (rest.includes(name)) rest.splice(rest.indexOf(name), 1);
  return rest;
}

/** Closes, and looks whether everybody has an answer and nothing is left. */
async function closes(transport: Transport, limitMs: number, pending: readonly Promise<unknown>[] = []): Promise<void> {
  const answers = Promise.all(pending.map((each) => each.then(() => 'fulfilled').catch((error) => error.code)));
  const before = performance.now();
  await transport.close({ drainMs: 0 });
  expect(performance.now() - before).toBeLessThan(limitMs);
  for (const answer of await answers) expect(answer).toBe('ERR_LEVERET_CONNECTION_CLOSED');
  expect(transport.state).toEqual({ publish: { status: 'closed' }, consume: { status: 'closed' } });
  for (const use of [
    transport.connect(),
    transport.publish({ routingKey: 'q' }, 'x'),
    transport.consume({ queue: { name: 'q' } }, () => {}),
    transport.deleteQueue('q'),
  ]) {
    await expect(use).rejects.toMatchObject({ code: 'ERR_LEVERET_CONNECTION_CLOSED' });
  }
}

function use(transport: Transport): readonly Promise<unknown>[] {
  return [
    transport.connect(),
    transport.publish({ routingKey: 'q' }, 'x'),
    transport.consume({ queue: { name: 'q' } }, () => {}),
    transport.deleteQueue('q'),
  ];
}

async function openTransport(broker: ScriptedBroker): Promise<Transport> {
  const transport = createTransport(broker.url);
  await transport.connect();
  await transport.consume({ queue: { name: 'q' } }, () => {});
  return transport;
}

describe('a transport closes', () => {
  it.each(['rabbit', 'amqps'])('while a host that says nothing is dialled: %s', async (scheme) => {
    await using server = await startHostileServer(() => {});
    const before = resources();
    const transport = createTransport(`${scheme}://127.0.0.1:${server.port}/`);
    const pending = use(transport);
    await until(() => server.sockets.size === 2);
    await closes(transport, AT_ONCE_MS, pending);
    await until(() => server.sockets.size === 0);
    expect(left(before)).toEqual([]);
  });

  it('in the turn in which it begins to dial', async () => {
    await using server = await startHostileServer(() => {});
    const transport = createTransport(`rabbit://127.0.0.1:${server.port}/`);
    await closes(transport, AT_ONCE_MS, use(transport));
    await until(() => server.sockets.size === 0);
  });

  it.each<ClientMethod>([
    'protocol header',
    'connection.start-ok',
    'connection.open',
    'channel.open',
    'confirm.select',
    'basic.qos',
    'queue.declare',
    'basic.consume',
  ])('while the broker does not answer %s', async (method) => {
    await using broker = await startScriptedBroker();
    broker.mute(method);
    broker.mute('connection.close');
    const before = resources();
    const transport = createTransport(broker.url);
    const pending = [
      transport.consume({ queue: { name: 'q' } }, () => {}),
      transport.publish({ routingKey: 'q' }, 'x'),
    ];
    await until(() => broker.received.includes(method));
    await closes(transport, GIVEN_UP_MS, pending);
    await until(() => broker.sockets.size === 0);
    expect(left(before)).toEqual([]);
  });

  it.each<[string, readonly ClientMethod[], number]>([
    ['that answers all', [], AT_ONCE_MS],
    ['that never answers close', ['connection.close'], GIVEN_UP_MS],
    ['that never answers cancel', ['basic.cancel'], GIVEN_UP_MS],
    ['that answers nothing any more', ['basic.cancel', 'channel.close', 'connection.close'], GIVEN_UP_MS],
  ])('when open on a broker %s', async (_, muted, limitMs) => {
    await using broker = await startScriptedBroker();
    const before = resources();
    const transport = await openTransport(broker);
    for (const method of muted) broker.mute(method);
    await closes(transport, limitMs, [transport.publish({ routingKey: 'q' }, 'never confirmed')]);
    await until(() => broker.sockets.size === 0);
    expect(left(before)).toEqual([]);
  });

  it('even if it is patient, when the broker answers nothing any more', async () => {
    await using broker = await startScriptedBroker();
    const transport = await openTransport(broker);
    for (const method of ['basic.cancel', 'channel.close', 'connection.close'] as const) broker.mute(method);
    const before = performance.now();
    await transport.close({ drainMs: 60_000 });
    expect(performance.now() - before).toBeLessThan(GIVEN_UP_MS);
    await until(() => broker.sockets.size === 0);
  });

  it('when the peer reads nothing, and the buffers on the way are full', async () => {
    await using broker = await startScriptedBroker();
    const before = resources();
    const transport = await openTransport(broker);
    broker.stopReading();
    const body = Buffer.alloc(4_000_000);
    const pending = Array.from({ length: 8 }, () => transport.publish({ routingKey: 'q' }, body));
    await closes(transport, GIVEN_UP_MS, pending);
    for (const socket of broker.sockets) socket.destroy();
    await until(() => broker.sockets.size === 0);
    expect(left(before)).toEqual([]);
  });

  it('while it waits for the next attempt', async () => {
    const before = resources();
    const transport = createTransport('rabbit://127.0.0.1:1/', { reconnectBackoff: [60_000] });
    const pending = use(transport);
    await until(() => transport.state.publish.status === 'waiting' && transport.state.consume.status === 'waiting');
    await closes(transport, AT_ONCE_MS, pending);
    expect(left(before)).toEqual([]);
  });

  it('after it has given up', async () => {
    const transport = createTransport('rabbit://127.0.0.1:1/', { reconnectBackoff: [] });
    await Promise.allSettled(use(transport));
    await closes(transport, AT_ONCE_MS);
  });

  it('while the connection has just been lost', async () => {
    await using broker = await startScriptedBroker();
    const transport = await openTransport(broker);
    for (const socket of broker.sockets) socket.resetAndDestroy();
    await closes(transport, AT_ONCE_MS);
    await until(() => broker.sockets.size === 0);
  });

  it('once, however often it is asked to, and at once when it is asked again without patience', async () => {
    await using broker = await startScriptedBroker();
    const transport = await openTransport(broker);
    const unconfirmed = transport.publish({ routingKey: 'q' }, 'x').catch((error) => error.code);
    const patient = transport.close({ drainMs: 60_000 });
    await closes(transport, AT_ONCE_MS);
    await Promise.all([patient, transport.close(), transport[Symbol.asyncDispose]()]);
    expect(await unconfirmed).toBe('ERR_LEVERET_CONNECTION_CLOSED');
    expect(broker.received.filter((method) => method === 'connection.close')).toHaveLength(2);
  });
});

describe('while a transport drains', () => {
  it('a handler that runs may publish and acknowledge, and nobody else; what has not begun is given back', async () => {
    await using broker = await startScriptedBroker();
    const transport = createTransport(broker.url);
    await transport.connect();
    let release = (): void => {};
    let begun = 0;
    const outcomes: unknown[] = [];
    const consumer = await transport.consume({ queue: { name: 'q' } }, async (delivery) => {
      begun += 1;
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      outcomes.push(delivery.ack());
      // Nothing is ever confirmed here: it is enough that it is taken.
      outcomes.push(await transport.publish({ routingKey: 'q' }, 'reply', { timeoutMs: 20 }).catch(({ code }) => code));
    });
    broker.deliver('running');
    await until(() => begun === 1);
    const closed = transport.close();
    broker.deliver('too late');
    expect(await consumer.closed).toEqual({ reason: 'cancelled' });
    for (const refused of [transport.consume({ queue: { name: 'q' } }, () => {}), transport.connect()]) {
      await expect(refused).rejects.toMatchObject({
        code: 'ERR_LEVERET_CONNECTION_CLOSED',
        message: expect.stringContaining('being closed'),
      });
    }
    release();
    await until(() => outcomes.length === 2);
    expect(outcomes).toEqual([true, 'ERR_LEVERET_DELIVERY']);
    await expect(transport.publish({ routingKey: 'q' }, 'late')).rejects.toMatchObject({
      code: 'ERR_LEVERET_CONNECTION_CLOSED',
    });
    await closed;
    expect(begun).toBe(1);
  });

  it('a publisher without consumers is refused at once, and what it has sent is waited for', async () => {
    await using broker = await startScriptedBroker();
    const transport = createTransport(broker.url);
    await transport.connect();
    const sent = transport.publish({ routingKey: 'q' }, 'x', { timeoutMs: 50 }).catch(({ code }) => code);
    const closed = transport.close();
    await expect(transport.publish({ routingKey: 'q' }, 'late')).rejects.toMatchObject({
      code: 'ERR_LEVERET_CONNECTION_CLOSED',
    });
    expect(await sent).toBe('ERR_LEVERET_DELIVERY');
    await closed;
  });
});
