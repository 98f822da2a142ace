import type { EventEmitter } from 'node:events';
import type { ChannelModel, ConfirmChannel } from 'amqplib';
import type { Broker } from '../../src/broker.js';
import type { BrokerOptions } from '../../src/options.js';
import { brokerInTest, clientOf, confirming } from '../broker-in-test.js';

/** A broker for one test, and a channel with confirms to it. */
export async function confirmChannel(
  options?: BrokerOptions,
): Promise<{ readonly broker: Broker; readonly connection: ChannelModel; readonly channel: ConfirmChannel }> {
  const { broker } = await brokerInTest(options);
  const client = await clientOf(broker);
  return { broker, connection: client.connection, channel: await confirming(client) };
}

/** The next event of a name; `error` events are events like others. */
export function heard(emitter: EventEmitter, event: string): Promise<unknown> {
  return new Promise((resolve) => {
    emitter.once(event, resolve);
  });
}
