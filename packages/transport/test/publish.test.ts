import { Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { createTransport, decompressSync } from '../src/index.js';
import { until, useVirtualHost } from './helpers.js';

const broker = useVirtualHost();

// The embedded broker is in this process too: its ends of the connections are not meant.
function isOurs(socket: unknown): boolean {
  return (socket as Socket).localPort !== Number(new URL(broker.url).port);
}

describe('publish', () => {
  it('resolves when the broker has the message, with everything that was said of it', async () => {
    await using transport = createTransport(broker.url);
    const name = broker.uniqueName('properties');
    const arrived = new Promise((resolve, reject) => {
      transport
        .consume({ queue: { name, autoDelete: true } }, (delivery) => resolve([delivery.ack(), delivery]))
        .catch(reject);
    });
    await transport.consume({ queue: { name: `${name}.2`, autoDelete: true } }, () => {});
    const result = await transport.publish({ routingKey: name }, 'grüße 😀', {
      mandatory: true,
      contentType: 'text/plain',
      contentEncoding: 'utf-8',
      headers: { answer: 42 },
      messageId: 'm1',
      correlationId: 'c1',
      replyTo: 'r',
      type: 't',
      appId: 'a',
      timestamp: new Date(1_700_000_000_500),
      expirationMs: 60_000,
      priority: 3,
    });
    expect(result).toEqual({ attempts: 1 });
    expect(await arrived).toMatchObject([
      true,
      {
        body: Buffer.from('grüße 😀'),
        exchange: '',
        routingKey: name,
        redelivered: false,
        contentType: 'text/plain',
        contentEncoding: 'utf-8',
        headers: { answer: 42 },
        messageId: 'm1',
        correlationId: 'c1',
        replyTo: 'r',
        type: 't',
        appId: 'a',
        userId: undefined,
        priority: 3,
        expirationMs: 60_000,
        timestamp: new Date(1_700_000_000_000),
      },
    ]);
  });

  it('rejects a mandatory message that no queue takes, and only that one', async () => {
    await using transport = createTransport(broker.url);
    const name = broker.uniqueName('mandatory');
    const exchange = { name, type: 'topic', autoDelete: true } as const;
    await transport.consume(
      { queue: { name, autoDelete: true }, bindings: [{ exchange, routingKey: 'yes' }] },
      () => {},
    );
    const results = await Promise.allSettled(
      ['yes', 'no', 'yes', 'no'].map((routingKey) =>
        transport.publish({ exchange, routingKey }, 'the same body', { mandatory: true }),
      ),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect(results[1]).toMatchObject({
      reason: { code: 'ERR_LEVERET_UNDELIVERABLE', exchange: name, routingKey: 'no', replyCode: 312 },
    });
  });

  it('rejects messages to a missing exchange, and lets the others through', async () => {
    await using transport = createTransport(broker.url);
    const name = broker.uniqueName('there');
    await transport.consume({ queue: { name, autoDelete: true } }, () => {});
    const missing = { name: broker.uniqueName('missing'), type: 'topic', passive: true } as const;
    const results = await Promise.allSettled([
      transport.publish({ routingKey: name }, '1', { mandatory: true }),
      transport.publish({ exchange: missing, routingKey: 'x' }, '2'),
      transport.publish({ routingKey: name }, '3', { mandatory: true }),
    ]);
    expect(results).toMatchObject([
      { status: 'fulfilled' },
      {
        status: 'rejected',
        reason: { code: 'ERR_LEVERET_NOT_FOUND', message: expect.stringContaining(`no exchange '${missing.name}'`) },
      },
      { status: 'fulfilled' },
    ]);
    expect(transport.state.publish.status).toBe('open');
  });

  it('does not hold up others behind an exchange that is refused', async () => {
    await using transport = createTransport(broker.url);
    await transport.connect();
    const missing = { name: broker.uniqueName('missing'), type: 'topic', passive: true } as const;
    const results = await Promise.allSettled([
      transport.publish({ exchange: missing, routingKey: 'x' }, '1'),
      transport.publish({ routingKey: 'nobody' }, '2'),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });

  it('keeps the order of messages to one exchange while it is declared', async () => {
    await using transport = createTransport(broker.url);
    const name = broker.uniqueName('ordered');
    const exchange = { name, type: 'fanout', autoDelete: true } as const;
    const received: number[] = [];
    await transport.consume(
      { queue: { name, autoDelete: true }, bindings: [{ exchange, routingKey: '' }] },
      (delivery) => {
        received.push(Number(delivery.body));
        delivery.ack();
      },
    );
    const published: Promise<unknown>[] = [];
    for (let i = 0; i < 300; i += 1) {
      published.push(transport.publish({ exchange, routingKey: '' }, String(i)));
      // Some before there is a connection, some while the exchange is declared, some after.
      if (i % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(published);
    await until(() => received.length === 300);
    expect(received).toEqual(Array.from({ length: 300 }, (_, i) => i));
  });

  it('rejects messages to an exchange that was deleted under it, and repeats those of others', async () => {
    await using transport = createTransport(broker.url);
    const name = broker.uniqueName('deleted');
    const exchange = { name, type: 'fanout', autoDelete: true } as const;
    const consumer = await transport.consume(
      { queue: { name, autoDelete: true }, bindings: [{ exchange, routingKey: '' }] },
      () => {},
    );
    const other = broker.uniqueName('other');
    await transport.consume({ queue: { name: other, autoDelete: true } }, () => {});
    await transport.publish({ exchange, routingKey: '' }, 'declared');
    // The exchange goes with its last queue.
    await consumer.cancel();
    const results = await Promise.allSettled([
      transport.publish({ exchange, routingKey: '' }, 'lost'),
      transport.publish({ routingKey: other }, 'kept', { mandatory: true }),
    ]);
    expect(results).toMatchObject([
      { status: 'rejected', reason: { code: 'ERR_LEVERET_NOT_FOUND' } },
      { status: 'fulfilled' },
    ]);
    // Once more: it is declared again.
    await transport.publish({ exchange, routingKey: '' }, 'declared again');
  });

  it('names the entity and the argument when another peer declared it differently', async () => {
    await using transport = createTransport(broker.url);
    const name = broker.uniqueName('unequal');
    await transport.publish({ exchange: { name, type: 'topic' }, routingKey: 'x' }, 'x');
    await using another = createTransport(broker.url);
    await expect(
      another.publish({ exchange: { name, type: 'topic', durable: true }, routingKey: 'x' }, 'x'),
    ).rejects.toMatchObject({
      code: 'ERR_LEVERET_DECLARATION',
      replyCode: 406,
      message: expect.stringMatching(new RegExp(`declaring exchange '${name}'.*inequivalent arg 'durable'`)),
    });
  });

  it('declares an exchange once, however many publish to it at the same time', async () => {
    await using transport = createTransport(broker.url);
    const exchange = { name: broker.uniqueName('once'), type: 'topic' } as const;
    const results = await Promise.all(
      Array.from({ length: 500 }, (_, i) => transport.publish({ exchange, routingKey: `k${i}` }, 'x')),
    );
    expect(results.every(({ attempts }) => attempts === 1)).toBe(true);
  });

  it('refuses a header that AMQP has no type for, and goes on', async () => {
    await using transport = createTransport(broker.url);
    await transport.connect();
    await expect(transport.publish({ routingKey: 'q' }, 'x', { headers: { bad: Symbol('no') } })).rejects.toMatchObject(
      { code: 'ERR_LEVERET_INVALID_ARGUMENT', message: expect.stringContaining('headers.bad cannot be encoded') },
    );
    await transport.publish({ routingKey: 'q' }, 'x');
    expect(transport.health().messages).toEqual({ waiting: 0, unconfirmed: 0 });
  });

  it('declares and binds a queue for whoever will consume later', async () => {
    const name = broker.uniqueName('notify');
    const exchange = { name, type: 'topic', autoDelete: true } as const;
    const queue = { name: `${name}.info`, autoDelete: true };
    const destination = { exchange, routingKey: `${name}.info`, queue };
    {
      await using publisher = createTransport(broker.url);
      await publisher.publish(destination, '1', { mandatory: true });
      await publisher.publish({ routingKey: queue.name, queue }, '2', { mandatory: true });
    }
    await using transport = createTransport(broker.url);
    const received: string[] = [];
    await transport.consume({ queue }, ({ body, ack }) => {
      ack();
      received.push(body.toString());
    });
    await until(() => received.length === 2);
    expect(received).toEqual(['1', '2']);
  });

  it('rejects each mandatory message by name while the queue is deleted under its consumer', async () => {
    await using transport = createTransport(broker.url);
    const name = broker.uniqueName('deleted-under');
    const exchange = { name, type: 'topic', autoDelete: true } as const;
    const keep = { queue: { name: `${name}.keep`, autoDelete: true }, bindings: [{ exchange, routingKey: 'keep' }] };
    await transport.consume(keep, ({ ack }) => void ack());
    const consumer = await transport.consume(
      { queue: { name, autoDelete: true }, bindings: [{ exchange, routingKey: 'gone' }] },
      ({ ack }) => void ack(),
    );
    // The same body every time: only their order tells the messages apart.
    const publish = (routingKey: string) =>
      transport.publish({ exchange, routingKey }, 'x', { mandatory: true }).then(
        () => 'confirmed',
        ({ code, routingKey: key }) => `${code} ${key}`,
      );
    expect(await publish('gone')).toBe('confirmed');
    await consumer.cancel();
    const results = await Promise.all(Array.from({ length: 500 }, (_, i) => publish(i % 2 === 0 ? 'gone' : 'keep')));
    expect(results).toEqual(
      Array.from({ length: 500 }, (_, i) => (i % 2 === 0 ? 'ERR_LEVERET_UNDELIVERABLE gone' : 'confirmed')),
    );
  });

  it('refuses only the message that is too large for the broker, among many', async () => {
    await using transport = createTransport(broker.url);
    await transport.connect();
    const bodies = [10, 134_217_729, 20].map((length) => Buffer.alloc(length));
    const results = await Promise.allSettled(bodies.map((body) => transport.publish({ routingKey: 'q' }, body)));
    expect(results).toMatchObject([
      { status: 'fulfilled' },
      { reason: { code: 'ERR_LEVERET_DELIVERY', outcome: 'refused', message: expect.stringContaining('max size') } },
      { status: 'fulfilled' },
    ]);
  });

  it('compresses bodies as kombu does, and keeps their order', async () => {
    await using transport = createTransport(broker.url, { compression: 'gzip' });
    const name = broker.uniqueName('compressed');
    const received: { text: string; compression: unknown }[] = [];
    const consumed = transport.consume({ queue: { name, autoDelete: true } }, async (delivery) => {
      delivery.ack();
      const text = decompressSync(delivery).toString();
      received.push({ text: text.slice(0, 3), compression: delivery.headers['compression'] });
    });
    await consumed;
    const large = 'x'.repeat(200_000);
    const options = [{}, { compression: 'brotli' }, { compression: 'none', headers: { own: 1 } }] as const;
    await Promise.all(
      Array.from({ length: 9 }, (_, i) =>
        transport.publish({ routingKey: name }, `${i}: ${i % 2 === 0 ? large : ''}`, options[i % 3]),
      ),
    );
    await until(() => received.length === 9);
    expect(received).toEqual(
      Array.from({ length: 9 }, (_, i) => ({
        text: `${i}: `,
        compression: ['application/x-gzip', 'application/x-brotli', undefined][i % 3],
      })),
    );
  });

  it('carries bodies larger than a frame, and empty ones', async () => {
    await using transport = createTransport(broker.url);
    const name = broker.uniqueName('bodies');
    const bodies = [Buffer.alloc(0), Buffer.alloc(3_000_000, 'x'), Buffer.from('end')];
    const arrived: Buffer[] = [];
    const all = new Promise<void>((resolve) => {
      const onDelivery = ({ body, ack }: { body: Buffer; ack(): boolean }): void => {
        ack();
        arrived.push(body);
        if (arrived.length === bodies.length) resolve();
      };
      void transport.consume({ queue: { name, autoDelete: true } }, onDelivery).then(async () => {
        for (const body of bodies) await transport.publish({ routingKey: name }, body, { mandatory: true });
      });
    });
    await all;
    expect(arrived.map((body) => body.length)).toEqual([0, 3_000_000, 3]);
    expect(bodies[1]?.equals(arrived[1] as Buffer)).toBe(true);
  });

  it('writes the messages of one turn at once', async () => {
    await using transport = createTransport(broker.url);
    await transport.connect();
    const name = broker.uniqueName('at-once');
    await transport.publish({ routingKey: name }, 'the channel is open');
    const write = vi.spyOn(Socket.prototype, 'write');
    await Promise.all(Array.from({ length: 100 }, () => transport.publish({ routingKey: name }, 'x')));
    expect(write.mock.contexts.filter(isOurs).length).toBe(1);
    write.mockRestore();
  });

  it('never waits for Nagle: both sockets have TCP_NODELAY', async () => {
    const setNoDelay = vi.spyOn(Socket.prototype, 'setNoDelay');
    await using transport = createTransport(broker.url);
    await transport.connect();
    const { calls, contexts } = setNoDelay.mock;
    // Deno's own connect() calls it too, so a socket may be told twice.
    expect(new Set(contexts.filter(isOurs)).size).toBe(2);
    expect(new Set(calls.filter((_, index) => isOurs(contexts[index])).flat())).toEqual(new Set([true]));
    setNoDelay.mockRestore();
  });
});
