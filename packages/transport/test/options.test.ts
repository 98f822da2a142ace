import { expect, it } from 'vitest';
import { createTransport } from '../src/index.js';
import { EventLog, until, useVirtualHost } from './helpers.js';

const host = useVirtualHost();

/** Waits until a consumer that settles nothing has been given so many of 8 messages, and sees that no more come. */
async function expectGiven(count: number, url: string, prefetch?: number): Promise<void> {
  await using transport = createTransport(url, { env: false });
  const queue = { name: host.uniqueName('prefetch'), durable: true };
  let given = 0;
  const onDelivery = () => {
    given += 1;
  };
  await transport.consume({ queue }, onDelivery, prefetch === undefined ? {} : { prefetch });
  for (let n = 0; n < 8; n += 1) await transport.publish({ routingKey: queue.name }, 'x', { mandatory: true });
  await until(() => given >= count);
  await transport.checkHealth();
  expect(given).toBe(count);
  await transport.deleteQueue(queue.name);
}

it('a consumer has the prefetch of the URL unless it says another', async () => {
  const url = `${host.url.replace(/^amqp:/, 'rabbit:')}?rabbit_qos_prefetch_count=3`;
  await expectGiven(3, url);
  await expectGiven(5, url, 5);
  await expectGiven(8, host.url);
});

it('a connection is made with what RabbitMQ’s parameters say', async () => {
  const log = new EventLog();
  const url = `${host.url}?heartbeat=10&frame_max=4096&channel_max=2&auth_mechanism=amqplain&connection_timeout=10000`;
  await using transport = createTransport(url, { env: false, onEvent: log.onEvent });
  const consume = (name: string) =>
    transport.consume({ queue: { name: host.uniqueName(name), autoDelete: true } }, () => {});
  await consume('first');
  await consume('second');
  await expect(consume('third')).rejects.toThrow('No channels left');
  expect(await transport.publish({ routingKey: 'nobody' }, 'x'.repeat(20_000))).toEqual({ attempts: 1 });
  expect(log.of('option-ignored')).toEqual([]);
});
