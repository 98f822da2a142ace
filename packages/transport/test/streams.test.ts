import { startOwnBroker } from '@leveret/tooling-brokers';
import { uniqueName } from '@leveret/tooling-rabbitmq';
import { expect, it } from 'vitest';
import { createTransport } from '../src/index.js';
import { until } from './helpers.js';

it('a consumer of a stream goes on where it was, and says anew from where after the stream was deleted', async () => {
  await using broker = await startOwnBroker();
  await using transport = createTransport(broker.url, { env: false });
  const queue = { name: uniqueName('stream'), durable: true, arguments: { 'x-queue-type': 'stream' } };
  const received: string[] = [];
  const asked: (string | undefined)[] = [];
  let next: number | 'first' = 'first';
  await transport.consume(
    { queue },
    (delivery) => {
      received.push(delivery.body.toString());
      next = Number(delivery.headers['x-stream-offset']) + 1;
      delivery.ack();
    },
    {
      arguments: (interruption) => {
        asked.push(interruption?.code);
        if (interruption !== undefined) next = 'first';
        return { 'x-stream-offset': next };
      },
    },
  );
  const publish = (text: string) => transport.publish({ routingKey: queue.name }, text, { mandatory: true });
  await publish('a');
  await publish('b');
  await until(() => received.length === 2);
  await broker.closeConnections('maintenance');
  await until(() => asked.length === 2);
  await publish('c');
  await until(() => received.length === 3);
  await broker.deleteQueue('/', queue.name);
  await until(() => asked.length === 3 && transport.health().consumers.active === 1);
  await publish('d');
  await until(() => received.length === 4);
  expect(received).toEqual(['a', 'b', 'c', 'd']);
  expect(asked).toEqual([undefined, undefined, 'ERR_LEVERET_NOT_FOUND']);
});
