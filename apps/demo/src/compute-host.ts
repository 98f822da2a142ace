import { createComputeServer } from './compute-server.ts';
import { type WatchedEvent, watchedEvent } from './connection-watch.ts';
import { type Address, openTransport, START_MS } from './open-transport.ts';
import { notificationQueue, type ServiceTarget } from './resize-notifications.ts';

/** What a host tells: of its connections, and of requests that came again, or were given back to the broker. */
export type HostEvent = WatchedEvent | { readonly type: 'request-repeated' } | { readonly type: 'request-lost' };

/** What a host is started with. */
export interface HostOptions {
  readonly address: Address;
  readonly target: ServiceTarget;
  readonly name: string;
  readonly onEvent: (event: HostEvent) => void;
}

/** A host of the service that runs. */
export interface Host {
  /** Lets what runs end, closes the connections, and leaves no queue that is its own. Can be called twice. */
  stop(): Promise<void>;
}

const DRAIN_MS = 5_000;
const GOODBYE_MS = 2_000;

/** Starts one host of the compute service, with connections of its own. @throws the transport's errors. */
export async function startHost({ address, target, name, onEvent }: HostOptions): Promise<Host> {
  const transport = await openTransport(address, name, (event) => {
    const watched = watchedEvent(event);
    if (watched !== undefined) onEvent(watched);
  });
  const server = createComputeServer(transport, { ...target, server: name }, ({ type }) => {
    if (type === 'request-repeated' || type === 'request-lost') onEvent({ type });
  });
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await server.stop({ drainMs: DRAIN_MS });
    // On a broker that is gone there is nothing to tidy up, and the topic's queues are for others while they use them.
    const signal = AbortSignal.timeout(GOODBYE_MS);
    await Promise.allSettled([
      transport.deleteQueue(`${target.topic}.${name}`, { signal }),
      ...[target.topic, notificationQueue(target.topic)].map((queue) =>
        transport.deleteQueue(queue, { signal, ifUnused: true, ifEmpty: true }),
      ),
    ]);
    await transport.close({ drainMs: GOODBYE_MS });
  };
  const host: Host = {
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
  try {
    await server.start({ signal: AbortSignal.timeout(START_MS) });
    return host;
  } catch (error) {
    await host.stop();
    throw error;
  }
}
