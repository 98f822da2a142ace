import { startRabbitmq, startTcpProxy } from '@leveret/tooling-rabbitmq';
import { createTransport, type TransportEvent } from '@leveret/transport';

/** A RabbitMQ for the demo, and a way to cut all connections to it. */
export interface Broker extends AsyncDisposable {
  /** Holds a password: not to be printed. */
  readonly url: string;
  /** Host and port. */
  readonly host: string;
  readonly startedForThisRun: boolean;
  /** Who cuts, in words. */
  readonly cutBy: string;
  /** Closes every connection; resolves to their number. */
  cut(): Promise<number>;
}

/**
 * Starts a RabbitMQ that ends with this process.
 * @throws {RabbitmqToolingError}
 */
export async function startOwnBroker(): Promise<Broker> {
  const rabbitmq = await startRabbitmq();
  return {
    url: rabbitmq.url,
    host: `${rabbitmq.hostname}:${rabbitmq.port}`,
    startedForThisRun: true,
    cutBy: "the broker's operator",
    cut: () => rabbitmq.closeConnections('the demo cuts every connection'),
    [Symbol.asyncDispose]: rabbitmq.remove,
  };
}

/**
 * Uses a broker that is not ours: only our own connections are cut, by a proxy on the way to it.
 * @throws the transport's errors, when it cannot be reached or refuses.
 */
export async function useForeignBroker(url: string): Promise<Broker> {
  const host = await reach(url);
  const colon = host.lastIndexOf(':');
  const proxy = await startTcpProxy({
    host: host.slice(0, colon).replace(/^\[|\]$/g, ''),
    port: Number(host.slice(colon + 1)),
  });
  return {
    url: proxy.through(url),
    host,
    startedForThisRun: false,
    cutBy: 'a proxy before it',
    cut: async () => proxy.cut(),
    [Symbol.asyncDispose]: () => proxy.close(),
  };
}

/** The host of the URL that answers, as `host:port`; a wrong password or virtual host is told here, at once. */
async function reach(url: string): Promise<string> {
  let host = '';
  const onEvent = (event: TransportEvent): void => {
    if (event.type === 'connection-opened') host = event.host;
  };
  // One round over the hosts, no second one: whoever mistyped the URL wants to know now.
  const transport = createTransport(url, { onEvent, hostOrder: 'given', reconnectBackoff: [] });
  try {
    await transport.connect({ signal: AbortSignal.timeout(15_000) });
    return host;
  } finally {
    await transport.close({ drainMs: 0 });
  }
}
