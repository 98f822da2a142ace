import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A TCP server that is no broker: `onConnection` says how. */
export interface HostileServer extends AsyncDisposable {
  readonly port: number;
  /** Sockets that are open now. */
  readonly sockets: ReadonlySet<Socket>;
}

export async function startHostileServer(onConnection: (socket: Socket) => void): Promise<HostileServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}); // The client resets it: that is what is tested.
    socket.on('close', () => sockets.delete(socket));
    socket.resume(); // Unread bytes would hold back the end.
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
