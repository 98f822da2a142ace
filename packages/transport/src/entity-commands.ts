import type { Connection } from './connection.js';
import type { Consumers } from './consumers.js';
import { bindQueue, closeQuietly, declareExchange, named } from './declare.js';
import type { Binding } from './entities.js';
import type { Channel } from './link.js';
import type { Subscription } from './subscription.js';
import { untilAborted } from './until-aborted.js';

/** Deletes a queue for good: nobody of this transport declares it meanwhile, and its consumers are over. */
export async function deleteQueue(
  connection: Connection,
  consumers: Consumers,
  name: string,
  options: { readonly ifUnused?: boolean; readonly ifEmpty?: boolean; readonly signal?: AbortSignal },
): Promise<void> {
  const { signal, ...conditions } = options;
  signal?.throwIfAborted();
  const held = consumers.holdQueue(name);
  let deleted = false;
  try {
    await untilAborted(held.ready, signal);
    await onOwnChannel(connection, signal, (channel) =>
      named(`deleting queue '${name}'`, channel.deleteQueue(name, conditions)),
    );
    deleted = true;
  } finally {
    held.release(deleted);
  }
}

/** Deletes an exchange for good: no consumer of this transport binds to it any more. */
export async function deleteExchange(
  connection: Connection,
  consumers: Consumers,
  name: string,
  { ifUnused = false, signal }: { readonly ifUnused?: boolean; readonly signal?: AbortSignal },
): Promise<void> {
  await onOwnChannel(connection, signal, (channel) =>
    named(`deleting exchange '${name}'`, channel.deleteExchange(name, { ifUnused })),
  );
  consumers.forgetExchange(name);
}

/** Binds a consumer's queue, now and on every later link. */
export async function bind(
  connection: Connection,
  subscription: Subscription,
  binding: Binding,
  signal: AbortSignal | undefined,
): Promise<void> {
  await onOwnChannel(connection, signal, async (channel) => {
    await declareExchange(channel, binding.exchange);
    await bindQueue(channel, subscription.queue, binding);
    // In the turn of the broker's answer, so that a reconnect in the next one knows of it.
    subscription.keepBinding(binding);
  });
}

/** Takes a binding of a consumer's queue away, now and for every later link. */
export async function unbind(
  connection: Connection,
  subscription: Subscription,
  { exchange, routingKey }: { readonly exchange: { readonly name: string }; readonly routingKey: string },
  signal: AbortSignal | undefined,
): Promise<void> {
  // First: a reconnect meanwhile must not make it anew.
  subscription.forgetBindings((kept) => kept.exchange.name === exchange.name && kept.routingKey === routingKey);
  await onOwnChannel(connection, signal, (channel) =>
    named(
      `unbinding queue '${subscription.queue}' from exchange '${exchange.name}' by '${routingKey}'`,
      channel.unbindQueue(subscription.queue, exchange.name, routingKey),
    ),
  );
}

/**
 * Does something on a channel of its own, so that a refusal concerns nobody else; once more on the next link when one is
 * lost meanwhile, so it must be something that may be done twice.
 * @throws DeclarationError, DestinationNotFoundError, what `Connection.opened` throws, `signal.reason`.
 */
async function onOwnChannel(
  connection: Connection,
  signal: AbortSignal | undefined,
  act: (channel: Channel) => Promise<unknown>,
): Promise<void> {
  for (;;) {
    await connection.opened(signal);
    const { link } = connection;
    if (link === undefined) continue;
    const done = (async () => {
      const channel = await link.openChannel();
      await act(channel);
      closeQuietly(channel);
    })();
    try {
      return await untilAborted(done, signal);
    } catch (error) {
      if (signal?.aborted || link.endReason === undefined) throw error;
      await link.ended;
    }
  }
}
