import { channelError } from './broker-errors.js';
import type { Binding, Exchange, Queue, Source } from './entities.js';
import type { Channel } from './link.js';

/** Declares an exchange, or only looks for it if it is passive. @throws DeclarationError, DestinationNotFoundError. */
export async function declareExchange(channel: Channel, exchange: Exchange): Promise<void> {
  const { name, type, durable = false, autoDelete = false, passive = false } = exchange;
  // The default exchange is everyone's, and cannot be declared.
  if (name === '') return;
  await named(
    `${passive ? 'looking for' : 'declaring'} exchange '${name}'`,
    passive
      ? channel.checkExchange(name)
      : channel.assertExchange(name, type, { durable, autoDelete, arguments: { ...exchange.arguments } }),
  );
}

/**
 * Declares a queue and the exchanges it is bound to, and binds it; returns its name, which may be the broker's.
 * @throws DeclarationError, DestinationNotFoundError.
 */
export async function declareSource(channel: Channel, { queue, bindings = [] }: Source): Promise<string> {
  for (const { exchange } of bindings) await declareExchange(channel, exchange);
  const name = await declareQueue(channel, queue);
  for (const binding of bindings) await bindQueue(channel, name, binding);
  return name;
}

/** Looks for a queue, and creates none. @throws DeclarationError (405: another connection's own), DestinationNotFoundError. */
export async function checkQueue(channel: Channel, name: string): Promise<void> {
  await named(`looking for queue '${name}'`, channel.checkQueue(name));
}

/** Binds a queue to an exchange that exists. @throws DeclarationError, DestinationNotFoundError. */
export async function bindQueue(channel: Channel, queue: string, { exchange, routingKey }: Binding): Promise<void> {
  await named(
    `binding queue '${queue}' to exchange '${exchange.name}' by '${routingKey}'`,
    channel.bindQueue(queue, exchange.name, routingKey),
  );
}

/** Declares a queue, or only looks for it; returns its name. @throws as `declareSource`. */
export async function declareQueue(channel: Channel, queue: Queue): Promise<string> {
  const { name, durable = false, exclusive = false, autoDelete = false, passive = false } = queue;
  if (passive) {
    await checkQueue(channel, name);
    return name;
  }
  const declared = await named(
    name === '' ? 'declaring a queue that the broker names' : `declaring queue '${name}'`,
    channel.assertQueue(name, { durable, exclusive, autoDelete, arguments: { ...queue.arguments } }),
  );
  return declared.queue;
}

/** Gives the channel's refusal a name. */
export async function named<T>(doing: string, operation: PromiseLike<T>): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    throw channelError(doing, error);
  }
}

/** Closes a channel that nothing depends on any more. */
export function closeQuietly(channel: Channel): void {
  // It may be closed already, with its link: then there is nothing to do, and nobody to tell.
  channel.close().catch(() => {});
}
