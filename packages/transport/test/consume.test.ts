import { describe, expect, it } from 'vitest';
import { createTransport, type Delivery } from '../src/index.js';
import { EventLog, until, useVirtualHost } from './helpers.js';

const broker = useVirtualHost();

describe('consume', () => {
  it('comes back within a second when somebody else deletes its queue', async () => {
    const log = new EventLog();
    await using transport = createTransport(broker.url, { onEvent: log.onEvent });
    await using another = createTransport(broker.url);
    await another.connect();
    const name = broker.uniqueName('deleted');
    const received: string[] = [];
    const consumer = await transport.consume({ queue: { name, autoDelete: true } }, (delivery) => {
      received.push(delivery.body.toString());
      delivery.ack();
    });
    const before = performance.now();
    await another.deleteQueue(name);
    await until(() => log.of('consumer-started').length === 2);
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(consumer.active).toBe(true);
    await transport.publish({ routingKey: name }, 'after', { mandatory: true });
    await until(() => received.includes('after'));
    expect(log.of('consumer-interrupted')).toMatchObject([{ queue: name, error: { code: 'ERR_LEVERET_NOT_FOUND' } }]);
    expect(log.of('consumer-started')).toMatchObject([{ restored: false }, { restored: true }]);
  });

  it('ends with a reason when the queue cannot be declared as asked', async () => {
    await using transport = createTransport(broker.url);
    const name = broker.uniqueName('unequal');
    await transport.consume({ queue: { name, autoDelete: true } }, () => {});
    await expect(transport.consume({ queue: { name, durable: true } }, () => {})).rejects.toMatchObject({
      code: 'ERR_LEVERET_DECLARATION',
      replyCode: 406,
      message: expect.stringContaining(
        `declaring queue '${name}': it exists with durable 'false', and was declared with 'true'.`,
      ),
      mismatch: { argument: 'durable', declared: "'true'", existing: "'false'" },
    });
    expect(transport.health().consumers).toEqual({ active: 1, total: 1 });
  });

  it('names a queue that another connection has for itself alone', async () => {
    await using transport = createTransport(broker.url);
    await using another = createTransport(broker.url);
    const name = broker.uniqueName('exclusive');
    await transport.consume({ queue: { name, exclusive: true } }, () => {});
    await expect(another.consume({ queue: { name, exclusive: true } }, () => {})).rejects.toMatchObject({
      code: 'ERR_LEVERET_DECLARATION',
      replyCode: 405,
      message: expect.stringContaining(name),
    });
  });

  it('cancels for good, and can still settle what was delivered', async () => {
    await using transport = createTransport(broker.url);
    const name = broker.uniqueName('cancel');
    const deliveries: Delivery[] = [];
    const consumer = await transport.consume({ queue: { name } }, (delivery) => {
      deliveries.push(delivery);
    });
    await transport.publish({ routingKey: name }, 'first');
    await until(() => deliveries.length === 1);
    await consumer.cancel();
    expect(consumer.active).toBe(false);
    await transport.publish({ routingKey: name }, 'second');
    expect(deliveries[0]?.ack()).toBe(true);
    expect(deliveries[0]?.ack()).toBe(false);
    // The second message is still there, for another.
    await transport.consume({ queue: { name } }, (delivery) => {
      deliveries.push(delivery);
      delivery.ack();
    });
    await until(() => deliveries.length === 2);
    expect(deliveries[1]).toMatchObject({ body: Buffer.from('second'), redelivered: false });
    await transport.deleteQueue(name);
  });

  it('lets the broker send ahead only as many as prefetch says', async () => {
    await using transport = createTransport(broker.url);
    const name = broker.uniqueName('prefetch');
    const open: Delivery[] = [];
    await transport.consume({ queue: { name, autoDelete: true } }, (delivery) => void open.push(delivery), {
      prefetch: 3,
    });
    for (let i = 0; i < 10; i += 1) await transport.publish({ routingKey: name }, String(i));
    await until(() => open.length === 3);
    open[0]?.ack();
    await until(() => open.length === 4);
    expect(open.map(({ body }) => body.toString())).toEqual(['0', '1', '2', '3']);
  });

  it('sends a message back once when its handler fails, and drops it the second time', async () => {
    const log = new EventLog();
    await using transport = createTransport(broker.url, { onEvent: log.onEvent });
    const name = broker.uniqueName('failing');
    const seen: boolean[] = [];
    await transport.consume({ queue: { name, autoDelete: true } }, async ({ redelivered }) => {
      seen.push(redelivered);
      throw new Error('broken handler');
    });
    await transport.publish({ routingKey: name }, 'x');
    await until(() => log.of('handler-failed').length === 2);
    expect(seen).toEqual([false, true]);
    expect(log.of('handler-failed')).toMatchObject([{ settled: 'requeued' }, { settled: 'rejected' }]);
  });

  it('may be many: no warning of too many listeners', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    const log = new EventLog();
    await using transport = createTransport(broker.url, { onEvent: log.onEvent });
    const queues = Array.from({ length: 30 }, () => ({ name: broker.uniqueName('many'), exclusive: true }));
    await Promise.all(queues.map((queue) => transport.consume({ queue }, (delivery) => void delivery.ack())));
    expect(transport.health().consumers).toEqual({ active: 30, total: 30 });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });

  it('lets running handlers end when the transport closes', async () => {
    const transport = createTransport(broker.url);
    const name = broker.uniqueName('drain');
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let acked: boolean | undefined;
    let started = (): void => {};
    const running = new Promise<void>((resolve) => {
      started = resolve;
    });
    await transport.consume({ queue: { name } }, async (delivery) => {
      started();
      await released;
      acked = delivery.ack();
    });
    await transport.publish({ routingKey: name }, 'x');
    await running;
    const closed = transport.close();
    release();
    await closed;
    expect(acked).toBe(true);
    await using another = createTransport(broker.url);
    await another.connect();
    await another.deleteQueue(name, { ifEmpty: true });
  });

  it('has told the broker of what was settled right before it closed', async () => {
    const transport = createTransport(broker.url);
    const name = broker.uniqueName('settled-last');
    const open: Delivery[] = [];
    await transport.consume({ queue: { name } }, (delivery) => void open.push(delivery));
    for (const body of ['acked', 'open', 'acked too']) await transport.publish({ routingKey: name }, body);
    await until(() => open.length === 3);
    expect([open[0]?.ack(), open[2]?.ack()]).toEqual([true, true]);
    await transport.close({ drainMs: 0 });
    expect(open[1]?.ack()).toBe(false);
    await using another = createTransport(broker.url);
    const redelivered: Delivery[] = [];
    await another.consume({ queue: { name } }, (delivery) => void redelivered.push(delivery));
    await until(() => redelivered.length === 1);
    expect(redelivered).toMatchObject([{ body: Buffer.from('open'), redelivered: true }]);
    redelivered[0]?.ack();
    await another.deleteQueue(name);
  });
});
