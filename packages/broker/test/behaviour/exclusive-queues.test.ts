import { expect, it } from 'vitest';
import type { Fields } from '../amqplib-codec.js';
import { onEachBroker } from '../brokers.js';
import { type Refusal, WireClient } from '../wire-client.js';
import { closesChannel } from './refusals.js';

onEachBroker('an exclusive queue', (broker) => {
  const locked = (queue: string, method: string): Refusal =>
    closesChannel(
      405,
      `cannot obtain exclusive access to locked queue '${queue}' in vhost '${broker().virtualHost}'. It could be originally declared on another connection or the exclusive property value does not match that of the original declaration.`,
      method,
    );

  it.each<[string, Fields]>([
    ['queue.declare', { exclusive: true }],
    ['queue.declare', {}],
    ['queue.declare', { passive: true }],
    ['queue.declare', { durable: true, arguments: { 'x-expires': 0 } }],
    ['queue.bind', { exchange: 'amq.direct' }],
    ['queue.purge', {}],
    ['queue.delete', {}],
    ['basic.consume', {}],
    ['basic.get', {}],
  ])('takes no %s of another connection: %j', async (method, fields) => {
    using owner = await WireClient.openChannel(broker());
    using other = await WireClient.openChannel(broker());
    const queue = broker().uniqueName('queue');
    await owner.ask(1, 'queue.declare', { queue, exclusive: true });
    expect(await other.refusal(1, method, { queue, ...fields })).toEqual(locked(queue, method));
  });

  it('is not unbound by another connection, unless there is nothing to unbind', async () => {
    using owner = await WireClient.openChannel(broker());
    using other = await WireClient.openChannel(broker());
    const queue = broker().uniqueName('queue');
    await owner.ask(1, 'queue.declare', { queue, exclusive: true });
    const fields = { queue, exchange: 'amq.fanout' };
    expect(await other.ask(1, 'queue.unbind', fields)).toEqual({});
    await owner.ask(1, 'queue.bind', fields);
    expect(await other.refusal(1, 'queue.unbind', fields)).toEqual(locked(queue, 'queue.unbind'));
  });

  it('takes messages from anybody', async () => {
    using owner = await WireClient.openChannel(broker());
    using other = await WireClient.openChannel(broker());
    const queue = broker().uniqueName('queue');
    await owner.ask(1, 'queue.declare', { queue, exclusive: true });
    await other.ask(1, 'confirm.select');
    other.publish(1, { routingKey: queue }, 'x');
    await other.expect(1, 'basic.ack');
    expect(await owner.ask(1, 'queue.purge', { queue })).toEqual({ messageCount: 1 });
  });

  it('belongs to all channels of its connection, and stays exclusive', async () => {
    using owner = await WireClient.openChannel(broker());
    await owner.ask(2, 'channel.open');
    const [exclusive, shared] = [broker().uniqueName('exclusive'), broker().uniqueName('shared')];
    await owner.ask(1, 'queue.declare', { queue: exclusive, exclusive: true });
    await owner.ask(1, 'queue.declare', { queue: shared, autoDelete: true });
    expect(await owner.ask(2, 'queue.declare', { queue: exclusive, exclusive: true })).toMatchObject({
      queue: exclusive,
    });
    expect(await owner.refusal(2, 'queue.declare', { queue: exclusive })).toEqual(locked(exclusive, 'queue.declare'));
    await owner.ask(2, 'channel.open');
    const different = { queue: shared, exclusive: true, durable: true };
    expect(await owner.refusal(2, 'queue.declare', different)).toEqual(locked(shared, 'queue.declare'));
    await owner.ask(1, 'queue.delete', { queue: shared });
  });
});
