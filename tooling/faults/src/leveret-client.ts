import {
  ConnectionRefusedError,
  createTransport,
  DeclarationError,
  type Destination,
  DestinationNotFoundError,
  MessageUndeliverableError,
  TransportError,
  type TransportOptions,
} from '@leveret/transport';
import type { ClientSettings, ClientUnderTest, PublishTo } from './client.ts';

/** `@leveret/transport` with its defaults, but for what the settings say. */
export function createLeveretClient(settings: ClientSettings): ClientUnderTest {
  const { url, queue, queueType = 'classic', publishTimeoutMs = 30_000 } = settings;
  const transport = createTransport(url, transportOptions(settings));
  return {
    publish: async (id, to = { queue }) => {
      try {
        await transport.publish(destinationOf(to), id, { mandatory: true, timeoutMs: publishTimeoutMs });
        return 'confirmed';
      } catch (error) {
        if (error instanceof MessageUndeliverableError) return 'returned';
        throw error;
      }
    },
    consume: async (onDelivery) => {
      const source = { queue: { name: queue, durable: true, arguments: { 'x-queue-type': queueType } } };
      await transport.consume(source, (delivery) => {
        onDelivery(delivery.body.toString());
        delivery.ack();
      });
    },
    nameOf: (error) => {
      if (error instanceof ConnectionRefusedError) return error.reason;
      if (error instanceof DestinationNotFoundError) return 'not-found';
      if (error instanceof DeclarationError) return 'declaration';
      return error instanceof TransportError ? error.code : `unnamed: ${String(error)}`;
    },
    close: () => transport.close({ drainMs: 1_000 }),
  };
}

function transportOptions({ heartbeatMs, reconnectMs, hostsInOrder, ca }: ClientSettings): TransportOptions {
  return {
    // Whatever the environment of a run says, the defaults are what is judged.
    env: false,
    ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
    ...(reconnectMs === undefined ? {} : { reconnectBackoff: endless(reconnectMs) }),
    ...(hostsInOrder === true ? { hostOrder: 'given' } : {}),
    ...(ca === undefined ? {} : { tls: { ca } }),
  };
}

function endless(ms: number): Iterable<number> {
  return {
    *[Symbol.iterator]() {
      for (;;) yield ms;
    },
  };
}

function destinationOf(to: PublishTo): Destination {
  if ('queue' in to) return { routingKey: to.queue };
  return { exchange: { name: to.exchange, type: to.type }, routingKey: 'any' };
}
