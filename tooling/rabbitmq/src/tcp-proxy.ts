import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type LaneConditions, TcpLane } from './tcp-lane.ts';

/** Where a proxy passes connections on to. */
export interface TcpProxyTarget {
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly port: number;
  /** Called whenever a connection to the server has been made, which a client of a dead server never gets. */
  readonly onConnected?: () => void;
}

/** A network between a client and a server, whose faults are made by hand. */
export interface TcpProxy extends AsyncDisposable {
  /** Always 127.0.0.1. */
  readonly hostname: string;
  readonly port: number;
  /** Open connections through this proxy. */
  readonly connections: number;
  /** This proxy's own sockets that are open, on both sides: what of a process's sockets is not its clients'. */
  readonly sockets: number;
  /** Connections that were ever accepted, refused ones not among them. */
  readonly accepted: number;
  /** Bytes passed on so far. */
  readonly bytes: { readonly toServer: number; readonly toClient: number };
  /** The same URL, by way of this proxy. */
  through(url: string): string;
  /** Ends every connection on both sides at once (FIN); what is under way is lost. Returns how many. */
  cut(): number;
  /** Resets every connection on both sides (RST). Returns how many. */
  reset(): number;
  /** Stops passing anything on, both ways, for new connections too; the sockets stay open: a half-open network. */
  freeze(): void;
  /**
   * Throws away whatever the connections that are open now send from now on, their ends too, as a router that has forgotten
   * them: to both sides they look open. New ones pass. Returns how many. They stay so until `cut()`, `reset()` or `close()`.
   */
  strand(): number;
  /** Passes on what has been held back, and goes on. */
  thaw(): void;
  /** Whatever comes from now on is passed on this many milliseconds later, in order. Default 0. */
  delay(ms: number): void;
  /** Resets new connections as they come; open ones stay. */
  refuse(): void;
  /** Accepts connections again. */
  accept(): void;
  /** Ends all connections, stops listening, and leaves no timer or socket behind. */
  close(): Promise<void>;
}

interface Pair {
  readonly sockets: readonly [client: Socket, server: Socket];
  readonly lanes: readonly TcpLane[];
  readonly conditions: LaneConditions;
}

/**
 * Starts a proxy on a free loopback port. A client of a server that does not listen is accepted and then reset, since a
 * proxy cannot know before.
 */
export async function startTcpProxy({
  host = '127.0.0.1',
  port: targetPort,
  onConnected,
}: TcpProxyTarget): Promise<TcpProxy> {
  // What connections have that are made from now on.
  const ahead: LaneConditions = { frozen: false, lost: false, delayMs: 0 };
  const bytes = { toServer: 0, toClient: 0 };
  const pairs = new Set<Pair>();
  let accepted = 0;
  let refusing = false;

  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    if (refusing) {
      client.on('error', () => {});
      client.resetAndDestroy();
      return;
    }
    accepted += 1;
    const server = connect({ host, port: targetPort, allowHalfOpen: true, noDelay: true });
    if (onConnected !== undefined) server.once('connect', onConnected);
    const conditions = { ...ahead };
    const pair: Pair = {
      conditions,
      sockets: [client, server],
      lanes: [
        new TcpLane(client, server, conditions, (count) => {
          bytes.toServer += count;
        }),
        new TcpLane(server, client, conditions, (count) => {
          bytes.toClient += count;
        }),
      ],
    };
    pairs.add(pair);
    for (const socket of pair.sockets) {
      socket.on('close', () => {
        if (pair.sockets.every(({ destroyed }) => destroyed)) pairs.delete(pair);
      });
    }
    for (const lane of pair.lanes) lane.advance();
  });
  listener.listen({ port: 0, host: '127.0.0.1' });
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;

  const change = (conditions: Partial<LaneConditions>): void => {
    for (const pair of pairs) {
      Object.assign(pair.conditions, conditions);
      for (const lane of pair.lanes) lane.advance();
    }
  };
  const changeAll = (conditions: Partial<LaneConditions>): void => {
    Object.assign(ahead, conditions);
    change(conditions);
  };
  const end = (how: 'destroy' | 'resetAndDestroy'): number => {
    const open = [...pairs];
    for (const { sockets } of open) for (const socket of sockets) socket[how]();
    pairs.clear();
    return open.length;
  };
  const close = async (): Promise<void> => {
    if (!listener.listening) return;
    const closed = once(listener, 'close');
    listener.close();
    end('destroy');
    await closed;
  };

  return {
    hostname: '127.0.0.1',
    port,
    bytes,
    get connections() {
      return pairs.size;
    },
    get sockets() {
      return [...pairs].reduce((sum, pair) => sum + pair.sockets.filter(({ destroyed }) => !destroyed).length, 0);
    },
    get accepted() {
      return accepted;
    },
    through: (url) => url.replace(/^([a-z+]+:\/\/(?:[^@/]*@)?)[^/]*/i, `$1127.0.0.1:${port}`),
    cut: () => end('destroy'),
    reset: () => end('resetAndDestroy'),
    freeze: () => changeAll({ frozen: true }),
    strand: () => {
      change({ lost: true });
      return pairs.size;
    },
    thaw: () => changeAll({ frozen: false }),
    delay: (ms) => changeAll({ delayMs: ms }),
    refuse: () => {
      refusing = true;
    },
    accept: () => {
      refusing = false;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
