import { isIP } from 'node:net';
import { createTransport, type Transport, type TransportEvent } from '@leveret/transport';

/** Where to connect to. */
export interface Address {
  readonly url: string;
  /** Host and port of the broker itself, also when the URL leads through a proxy. */
  readonly host: string;
}

/** How long a start may wait for the broker. */
export const START_MS = 15_000;

/** Opens both connections of a transport. @throws the transport's errors. */
export async function openTransport(
  { url, host }: Address,
  owner: string,
  onEvent: (event: TransportEvent) => void,
): Promise<Transport> {
  const hostname = host.slice(0, host.lastIndexOf(':'));
  const transport = createTransport(url, {
    onEvent,
    connectionName: `leveret-demo ${owner}`,
    // The certificate is the broker's, also when a proxy stands before it.
    tls: isIP(hostname) === 0 ? { servername: hostname } : {},
  });
  try {
    await transport.connect({ signal: AbortSignal.timeout(START_MS) });
    return transport;
  } catch (error) {
    await transport.close({ drainMs: 0 });
    throw error;
  }
}
