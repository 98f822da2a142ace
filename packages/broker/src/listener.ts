import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions, type Server as TlsServer } from 'node:tls';
import { BrokerError } from './errors.js';

/** Takes a client's socket. `reset` ends it with a RST, also under TLS. */
export type Accept = (socket: Socket, reset: () => void) => void;

/** The listening socket of a broker. */
export interface Listener {
  readonly port: number;
  /** Takes no more clients; those that are connected stay. */
  close(): Promise<void>;
}

/** Where to listen, and how. */
export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsOptions | undefined;
  /** How long a TLS handshake may take; what comes after it is not the listener's. */
  readonly handshakeTimeoutMs: number;
}

/** Listens. Throws a BrokerError (ERR_LEVERET_BROKER_PORT) that says what to do when it cannot. */
export async function listen(
  { host, port, tls, handshakeTimeoutMs }: ListenOptions,
  accept: Accept,
  refused: (peer: string, reason: string) => void,
): Promise<Listener> {
  const server = createServer({ noDelay: true });
  const secure =
    tls === undefined ? undefined : secured({ handshakeTimeout: handshakeTimeoutMs, ...tls }, accept, refused);
  server.on('connection', (socket) => {
    if (secure === undefined) accept(socket, () => socket.resetAndDestroy());
    else secure.take(socket);
  });
  const boundPort = await bind(server, host, port);
  return {
    port: boundPort,
    close: () =>
      new Promise((resolve) => {
        secure?.close();
        server.close(() => resolve());
      }),
  };
}

function bind(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException): void => {
      reject(new BrokerError('ERR_LEVERET_BROKER_PORT', explain(host, port, cause), { cause }));
    };
    server.once('error', failed);
    server.listen({ host, port }, () => {
      server.off('error', failed);
      // What fails later is one client that could not be accepted: it sees it, the others go on.
      server.on('error', () => undefined);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function explain(host: string, port: number, { code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} of ${host} is taken, perhaps by a RabbitMQ or another broker. Take another port, or 0 for a free one.`;
    case 'EACCES':
      return `Port ${port} of ${host} needs rights that this process has not. Take a port above 1023, or 0 for a free one.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    // Deno's word for it.
    case 'EINVAL':
      return `${host} is no address of this machine. Take 127.0.0.1, or leave the host out.`;
    default:
      return `Could not listen on port ${port} of ${host}: ${code ?? message}.`;
  }
}

interface Secured {
  take(socket: Socket): void;
  /** Ends those that have not finished their TLS handshake: they are known to nobody else. */
  close(): void;
}

function secured(options: TlsOptions, accept: Accept, refused: (peer: string, reason: string) => void): Secured {
  let server: TlsServer;
  try {
    server = createTlsServer(options);
  } catch (cause) {
    const message = 'The option tls cannot be used: look at its key and its certificate.';
    throw new BrokerError('ERR_LEVERET_BROKER_OPTION', message, { cause });
  }
  const handshaking = new Map<string, Socket>();
  server.on('secureConnection', (socket) => {
    const peer = peerOf(socket);
    // A RST has to be given to the socket under the TLS one; a client that has left already is not found.
    const under = handshaking.get(peer);
    handshaking.delete(peer);
    accept(socket, () => void (under === undefined ? socket.destroy() : under.resetAndDestroy()));
  });
  server.on('tlsClientError', (error, socket) => {
    refused(peerOf(socket), `no TLS: ${error.message}`);
    socket.destroy();
  });
  return {
    take: (socket) => {
      const peer = peerOf(socket);
      handshaking.set(peer, socket);
      socket.once('close', () => {
        if (handshaking.get(peer) === socket) handshaking.delete(peer);
      });
      // Before TLS listens, and after it has stopped.
      socket.on('error', () => undefined);
      server.emit('connection', socket);
    },
    close: () => {
      for (const socket of handshaking.values()) socket.destroy();
    },
  };
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}
