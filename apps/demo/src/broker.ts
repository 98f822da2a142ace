import { startRabbitmq, startTcpProxy } from '@leveret/tooling-rabbitmq';
import { createTransport, type TransportEvent } from '@leveret/transport';

/** How connections are cut: as an operator closes them, in the middle of what is sent to them, or by a proxy on the way. */
export type CutKind = 'closed' | 'mid-frame' | 'proxy';

/** A broker for the demo, and a way to cut all connections to it. */
export interface Broker extends AsyncDisposable {
  /** The embedded one, a RabbitMQ that was started for this run, or one that was there. */
  readonly kind: 'embedded' | 'rabbitmq' | 'yours';
  /** Holds a password: not to be printed. */
  readonly url: string;
  /** Host and port. */
  readonly host: string;
  /** What is done to the connections, as a sentence without its full stop. */
  readonly cutsInWords: string;
  /** Ends every connection, for the n-th time; resolves to their number. */
  cut(number: number): Promise<{ readonly connections: number; readonly kind: CutKind }>;
}

/** What connections are told that are closed. */
export const CUT_REASON = 'the demo cuts every connection';

/**
 * Starts a RabbitMQ that ends with this process.
 * @throws {RabbitmqToolingError}
 */
export async function startOwnRabbitmq(): Promise<Broker> {
  const rabbitmq = await startRabbitmq();
  return {
    kind: 'rabbitmq',
    url: rabbitmq.url,
    host: `${rabbitmq.hostname}:${rabbitmq.port}`,
    cutsInWords: "every connection is cut twice on the way, by the broker's operator",
    cut: async () => ({ connections: await rabbitmq.closeConnections(CUT_REASON), kind: 'closed' }),
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
    kind: 'yours',
    url: proxy.through(url),
    host,
    cutsInWords: 'every connection is cut twice on the way, by a proxy before it',
    cut: async () => ({ connections: proxy.cut(), kind: 'proxy' }),
    [Symbol.asyncDispose]: () => proxy.close(),
  };
}

/**
 * The host of the URL that answers, as `host:port`; a wrong password or virtual host is told here, at once.
 * @throws the transport's errors.
 */
export async function reach(url: string): Promise<string> {
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
