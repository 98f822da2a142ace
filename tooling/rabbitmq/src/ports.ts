import { createServer } from 'node:net';

// Below the range from which Linux and macOS take the local ports of outgoing connections (32768 and 49152 on): while a
// broker is down, a client that dials its port again and again could otherwise be given that very port, and reach itself.
const firstPort = 20_000;
const lastPort = 32_000;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** That many different TCP ports on which nothing listens on loopback, outside the range of outgoing connections. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = firstPort + Math.floor(Math.random() * (lastPort - firstPort));
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}
