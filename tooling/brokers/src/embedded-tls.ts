import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import { makeCertificates, type TlsListener, type TlsListenerOptions, tlsUrls } from '@leveret/tooling-rabbitmq';

/**
 * Opens a TLS port beside a broker that listens without, by a relay in this process: a port of the broker itself speaks
 * TLS from its start, or never.
 */
export async function relayTls(
  broker: { readonly port: number; readonly username: string; readonly password: string },
  options: TlsListenerOptions,
): Promise<TlsListener> {
  const { ca, server } = await makeCertificates();
  const { identity = server, clientCertificate = 'ignored', port: wanted = 0 } = options;
  const required = clientCertificate === 'required';
  const sockets = new Set<Socket>();
  const relay = createServer(
    { ...identity, ca, requestCert: required, rejectUnauthorized: required, noDelay: true },
    (client) => {
      const plain = connect({ host: '127.0.0.1', port: broker.port, noDelay: true });
      for (const [from, to] of [
        [client, plain],
        [plain, client],
      ] as const) {
        sockets.add(from);
        from.pipe(to);
        // Either end takes the other with it; the reason is the business of who looks at the other end.
        from.on('error', () => {});
        from.on('close', () => {
          sockets.delete(from);
          to.destroy();
        });
      }
    },
  );
  relay.listen(wanted, '127.0.0.1');
  await once(relay, 'listening');
  const { port } = relay.address() as AddressInfo;
  // Connections stay when a listener closes, as those of RabbitMQ do; the broker ends them.
  const close = async (): Promise<void> => {
    if (relay.listening) relay.close();
  };
  relay.unref();
  return { port, ...tlsUrls(broker, port), close, [Symbol.asyncDispose]: close };
}
