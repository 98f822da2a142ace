import { type Identity, makeCertificates } from './certificates.ts';
import { amqpUrl, type RabbitmqCoordinates } from './coordinates.ts';
import { evaluate } from './evaluate.ts';
import { freePorts } from './ports.ts';

/** How {@link RabbitmqControl.listenTls} listens. */
export interface TlsListenerOptions {
  /** The server's certificate. Default: the one for localhost of `makeCertificates()`. */
  readonly identity?: Identity;
  /**
   * `'required'`: clients without a certificate of `makeCertificates()`'s authority are refused (`verify_peer`,
   * `fail_if_no_peer_cert`). Default `'ignored'`: none is asked for (`verify_none`).
   */
  readonly clientCertificate?: 'ignored' | 'required';
  /** Default: a free one. */
  readonly port?: number;
}

/** A port on which the broker speaks AMQP over TLS. */
export interface TlsListener extends AsyncDisposable {
  readonly port: number;
  /** `amqps://…@localhost:…/`: the virtual host `/`, as the administrator. */
  readonly url: string;
  /** The same for another virtual host or host name. */
  urlOf(virtualHost: string, hostname?: string): string;
  /** Stops listening; connections that are open stay. */
  close(): Promise<void>;
}

/** Erlang's binary of a PEM's content. */
function der(pem: string): string {
  return `base64:decode(<<"${pem.replace(/-----[^-]+-----|\s/g, '')}">>)`;
}

/**
 * Opens a TLS listener in a running broker. Certificates go inline, so there are no files to keep; the listener is gone
 * when the broker has ended.
 */
export async function openTlsListener(
  coordinates: RabbitmqCoordinates,
  options: TlsListenerOptions,
): Promise<TlsListener> {
  const { ca, server } = await makeCertificates();
  const { identity = server, clientCertificate = 'ignored', port = (await freePorts(1))[0] ?? 0 } = options;
  const verify =
    clientCertificate === 'required'
      ? '{verify, verify_peer}, {fail_if_no_peer_cert, true}'
      : '{verify, verify_none}, {fail_if_no_peer_cert, false}';
  const address = `"127.0.0.1", ${port}`;
  await evaluate(
    coordinates,
    `opening a TLS listener on port ${port}`,
    `{ok, _} = application:ensure_all_started(ssl),
     TlsOptions = rabbit_ssl_options:fix([{cacerts, [${der(ca)}]}, {cert, ${der(identity.cert)}}, {key, {'PrivateKeyInfo', ${der(identity.key)}}}, ${verify}]),
     ok = rabbit_networking:start_ssl_listener({${address}}, TlsOptions, 4), true`,
  );
  const close = async (): Promise<void> => {
    await evaluate(
      coordinates,
      `closing the TLS listener on port ${port}`,
      `ok = rabbit_networking:stop_tcp_listener({${address}}), true`,
    );
  };
  return {
    port,
    ...tlsUrls(coordinates, port),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The URLs of a TLS listener, by the name that the certificate for localhost has. */
export function tlsUrls(
  user: { readonly username: string; readonly password: string },
  port: number,
): Pick<TlsListener, 'url' | 'urlOf'> {
  const urlOf = (virtualHost: string, hostname = 'localhost'): string =>
    amqpUrl({ ...user, hostname, port }, virtualHost).replace(/^amqp:/, 'amqps:');
  return { url: urlOf('/'), urlOf };
}
