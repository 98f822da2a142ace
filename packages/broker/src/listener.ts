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

/** Listens. Throws a BrokerError (ERR_LEVERET_BROKER_PORT) that says what to do when it cannot. */
export async function listen(
  { host, port, tls }: { readonly host: string; readonly port: number; readonly tls: TlsOptions | undefined },
  accept: Accept,
  refused: (peer: string, reason: string) => void,
): Promise<Listener> {
  const server = createServer({ noDelay: true });
  const secure = tls === undefined ? undefined : secured(tls, accept, refused);
  // Those that have not finished their TLS handshake are known to nobody else.
  const raw = new Set<Socket>();
  server.on('connection', (socket) => {
    if (secure === undefined) {
      accept(socket, () => socket.resetAndDestroy());
      return;
    }
    raw.add(socket);
    socket.once('close', () => raw.delete(socket));
    secure.take(socket);
  });
  const boundPort = await bind(server, host, port);
  return {
    port: boundPort,
    close: () =>
      new Promise((resolve) => {
        for (const socket of raw) socket.destroy();
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
      return `${host} is no address of this machine. Take 127.0.0.1, or leave the host out.`;
    default:
      return `Could not listen on port ${port} of ${host}: ${code ?? message}.`;
  }
}

interface Secured {
  take(socket: Socket): void;
}

function secured(options: TlsOptions, accept: Accept, refused: (peer: string, reason: string) => void): Secured {
  let server: TlsServer;
  try {
    server = createTlsServer({ handshakeTimeout: 10_000, ...options });
  } catch (cause) {
    throw new BrokerError(
      'ERR_LEVERET_BROKER_OPTION',
      'The option tls cannot be used: look at its key and its certificate.',
      {
        cause,
      },
    );
  }
  // A RST has to be given to the socket under the TLS one; its peer's port finds it.
  const raw = new Map<number, Socket>();
  server.on('secureConnection', (socket) => {
    const under = raw.get(socket.remotePort ?? 0);
    accept(socket, () => (under ?? socket).resetAndDestroy());
  });
  server.on('tlsClientError', (error, socket) => {
    refused(`${socket.remoteAddress}:${socket.remotePort}`, `no TLS: ${error.message}`);
    socket.destroy();
  });
  return {
    take: (socket) => {
      const port = socket.remotePort ?? 0;
      raw.set(port, socket);
      socket.once('close', () => raw.delete(port));
      // Before TLS listens, and after it has stopped.
      socket.on('error', () => undefined);
      server.emit('connection', socket);
    },
  };
}
