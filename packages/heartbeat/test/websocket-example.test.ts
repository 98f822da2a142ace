import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { keepAlive } from '../examples/websocket.js';

const intervalMs = 200;
let server: WebSocketServer | undefined;
const clients: WebSocket[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.terminate();
  await new Promise((closed) => server?.close(closed));
});

async function serve(): Promise<string> {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  keepAlive(server, intervalMs);
  await once(server, 'listening');
  return `ws://127.0.0.1:${Object(server.address()).port}`;
}

async function join(url: string, autoPong: boolean): Promise<WebSocket> {
  const client = new WebSocket(url, { autoPong });
  clients.push(client);
  await once(client, 'open');
  return client;
}

it('a client that does not answer is terminated, and one that does stays', { timeout: 20_000 }, async () => {
  const url = await serve();
  const alive = await join(url, true);
  const mute = await join(url, false);
  let pings = 0;
  mute.on('ping', () => pings++);
  const [code] = await once(mute, 'close');
  // 1006: without a close frame.
  expect({ code, pings }).toEqual({ code: 1006, pings: 1 });
  for (let ping = 0; ping < 5; ping++) await once(alive, 'ping');
  expect(alive.readyState).toBe(WebSocket.OPEN);
});

it('a client is kept through an event loop blocked for eight intervals, twice', { timeout: 20_000 }, async () => {
  const alive = await join(await serve(), true);
  await once(alive, 'ping');
  for (let block = 0; block < 2; block++) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 8 * intervalMs);
  for (let ping = 0; ping < 5; ping++) await once(alive, 'ping');
  expect(alive.readyState).toBe(WebSocket.OPEN);
});
