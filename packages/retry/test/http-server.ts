import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** What the server does with a request once its body has come. */
export type Step = (response: ServerResponse, request: IncomingMessage) => void;

export interface TestServer {
  readonly origin: string;
  readonly server: Server;
  /** The requests that have come, with their bodies. */
  readonly requests: readonly { readonly method: string; readonly url: string; readonly body: string }[];
  /** How many connections there were. */
  readonly connections: number;
}

/** A server that follows `steps`, a request each; the last step is for all that come later. It ends with the test. */
export async function serve(steps: readonly Step[], port = 0): Promise<TestServer> {
  const requests: { method: string; url: string; body: string }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      const step = steps[Math.min(requests.length, steps.length - 1)];
      requests.push({
        method: request.method ?? '',
        url: request.url ?? '',
        body: Buffer.concat(chunks).toString(),
      });
      step?.(response, request);
    });
  });
  let connections = 0;
  server.on('connection', (socket) => {
    connections++;
    sockets.add(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    requests,
    get connections() {
      return connections;
    },
  };
}

/** A port of this machine at which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Answers with a status, headers and a body. */
export function answer(status: number, headers: Record<string, string> = {}, body = `${status}`): Step {
  return (response) => response.writeHead(status, headers).end(body);
}

/** Resets the connection without an answer. */
export const reset: Step = (response) => response.socket?.resetAndDestroy();

/** Promises a hundred bytes, sends ten, and closes the connection. */
export const cut: Step = (response) => {
  response.writeHead(200, { 'content-length': '100' });
  response.write('0123456789', () => response.socket?.destroy());
};

/** Never answers. */
export const silence: Step = () => {};

/** Resolves as soon as `condition` holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
