import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTcpProxy, type TcpProxy } from '../src/index.ts';

describe('a TCP proxy', () => {
  let echo: Server;
  let atServer: Socket[];
  let proxy: TcpProxy;
  let clients: Socket[];

  beforeEach(async () => {
    atServer = [];
    clients = [];
    echo = createServer((socket) => {
      atServer.push(socket);
      socket.on('error', () => {});
      socket.pipe(socket);
    });
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    proxy = await startTcpProxy({ port: (echo.address() as AddressInfo).port });
  });

  afterEach(async () => {
    await proxy.close();
    for (const socket of [...clients, ...atServer]) socket.destroy();
    await new Promise((resolve) => echo.close(resolve));
  });

  async function dial(): Promise<Socket> {
    const socket = connect(proxy.port, proxy.hostname);
    clients.push(socket);
    await once(socket, 'connect');
    return socket;
  }

  async function ask(socket: Socket, question: string): Promise<string> {
    socket.write(question);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return answer.toString();
  }

  async function ending(socket: Socket): Promise<string> {
    const [ending] = await Promise.race([
      once(socket, 'error').then(([error]) => [(error as NodeJS.ErrnoException).code]),
      once(socket, 'end').then(() => ['FIN']),
    ]);
    return String(ending);
  }

  it('passes bytes both ways and counts them', async () => {
    const client = await dial();
    expect(await ask(client, 'hello')).toBe('hello');
    expect(proxy.bytes).toEqual({ toServer: 5, toClient: 5 });
    expect([proxy.connections, proxy.accepted]).toEqual([1, 1]);
  });

  it('passes a megabyte and then the end, in order', async () => {
    const client = await dial();
    client.end('x'.repeat(1_000_000));
    expect(await text(client)).toBe('x'.repeat(1_000_000));
    expect(proxy.bytes).toEqual({ toServer: 1_000_000, toClient: 1_000_000 });
  });

  it('cuts every connection in order, on both sides', async () => {
    const client = await dial();
    await ask(client, 'hello');
    const endings = Promise.all([client, ...atServer].map(ending));
    expect(proxy.cut()).toBe(1);
    expect(await endings).toEqual(['FIN', 'FIN']);
    expect(proxy.connections).toBe(0);
  });

  it('resets every connection, on both sides', async () => {
    const client = await dial();
    await ask(client, 'hello');
    const endings = Promise.all([client, ...atServer].map(ending));
    expect(proxy.reset()).toBe(1);
    expect(await endings).toEqual(['ECONNRESET', 'ECONNRESET']);
  });

  it('holds everything back while frozen, sockets open, and passes it on when thawed', async () => {
    const client = await dial();
    await ask(client, 'before');
    proxy.freeze();
    client.write('during');
    const late = await dial();
    late.write('late');
    // A proxy of its own, not frozen, that goes to the same server: what it carries arrives later than what is held would.
    await using other = await startTcpProxy({ port: (echo.address() as AddressInfo).port });
    const witness = connect(other.port, other.hostname);
    clients.push(witness);
    expect(await ask(witness, 'witness')).toBe('witness');
    expect(proxy.bytes).toEqual({ toServer: 6, toClient: 6 });
    expect([client.readyState, late.readyState, proxy.connections]).toEqual(['open', 'open', 2]);

    const answers = Promise.all([once(client, 'data'), once(late, 'data')]);
    proxy.thaw();
    expect((await answers).map(([bytes]) => String(bytes))).toEqual(['during', 'late']);
  });

  it('strands the connections that are open, and lets new ones pass', async () => {
    let connected = 0;
    const onConnected = (): void => {
      connected += 1;
    };
    const { port } = echo.address() as AddressInfo;
    await using strander = await startTcpProxy({ port, onConnected });
    const open = async (): Promise<Socket> => {
      const socket = connect(strander.port, strander.hostname);
      clients.push(socket);
      await once(socket, 'connect');
      return socket;
    };
    const stranded = await open();
    expect(await ask(stranded, 'before')).toBe('before');
    expect(strander.strand()).toBe(1);
    stranded.write('during');
    const next = await open();
    expect(await ask(next, 'new')).toBe('new');
    const [forgotten] = atServer as [Socket];
    let told = false;
    for (const event of ['end', 'error', 'close']) {
      forgotten.on(event, () => {
        told = true;
      });
    }
    stranded.resetAndDestroy();
    expect(await ask(next, 'later')).toBe('later');
    expect([told, strander.bytes.toServer, strander.connections, connected]).toEqual([false, 14, 2, 2]);
    await vi.waitFor(() => expect(strander.sockets).toBe(3));
  });

  it('does not tell the server of a goodbye while frozen', async () => {
    const client = await dial();
    await ask(client, 'before');
    proxy.freeze();
    client.resetAndDestroy();
    const [server] = atServer as [Socket];
    const told = ending(server);
    const probe = await dial();
    expect([server.readyState, probe.readyState]).toEqual(['open', 'open']);
    proxy.thaw();
    expect(await told).toBe('ECONNRESET');
  });

  it('delays what is passed on, in order', async () => {
    const client = await dial();
    proxy.delay(40);
    const startedAt = performance.now();
    expect(await ask(client, 'hello')).toBe('hello');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(79);
  });

  it('refuses new connections and keeps the open ones, until it accepts again', async () => {
    const client = await dial();
    proxy.refuse();
    const refused = connect(proxy.port, proxy.hostname);
    clients.push(refused);
    expect(await ending(refused)).toBe('ECONNRESET');
    expect(await ask(client, 'still here')).toBe('still here');
    proxy.accept();
    expect(await ask(await dial(), 'again')).toBe('again');
  });

  it('resets the client when the server does not listen', async () => {
    await using nowhere = await startTcpProxy({ port: 1 });
    const client = connect(nowhere.port, nowhere.hostname);
    clients.push(client);
    expect(await ending(client)).toBe('ECONNRESET');
  });

  it('rewrites the host of a URL, and leaves the rest', () => {
    expect(proxy.through('amqp://leveret:s%40cret@broker.example:5672/v?heartbeat=5')).toBe(
      `amqp://leveret:s%40cret@127.0.0.1:${proxy.port}/v?heartbeat=5`,
    );
  });

  it('ends every connection when it is closed, and listens no more', async () => {
    const client = await dial();
    await ask(client, 'hello');
    const endings = Promise.all([client, ...atServer].map(ending));
    await proxy.close();
    expect(await endings).toEqual(['FIN', 'FIN']);
    const refused = connect(proxy.port, proxy.hostname);
    clients.push(refused);
    expect(await ending(refused)).toBe('ECONNREFUSED');
  });
});
