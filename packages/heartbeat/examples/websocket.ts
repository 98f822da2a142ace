import { type Heartbeat, startHeartbeat } from '@leveret/heartbeat';
import WebSocket, { WebSocketServer } from 'ws';

/** Pings every client that is silent for `intervalMs`, and terminates the one that does not answer in time. */
export function keepAlive(server: WebSocketServer, intervalMs: number): void {
  server.on('connection', (client) => {
    // Whatever the client sends is a sign of life: a pong, and a message too. It is counted, not time-stamped.
    const link = { bytesRead: 0, bytesWritten: 0 };
    const heard = (): void => {
      link.bytesRead++;
    };
    client.on('message', heard).on('ping', heard).on('pong', heard);
    const heartbeat: Heartbeat = startHeartbeat(link, {
      intervalMs,
      mode: 'ping-pong',
      beat: () => client.ping(),
      lost: () => client.terminate(),
    });
    client.on('close', () => heartbeat.stop());
    client.on('error', () => client.terminate());
  });
}

if (import.meta.main) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  keepAlive(server, 1_000);
  server.on('listening', () => {
    const url = `ws://127.0.0.1:${Object(server.address()).port}`;
    const alive = new WebSocket(url);
    const mute = new WebSocket(url, { autoPong: false }); // takes the pings and does not answer
    mute.on('close', () => {
      console.log(`mute is gone, alive is ${alive.readyState === WebSocket.OPEN ? 'still there' : 'gone, too'}`);
      alive.terminate();
      server.close();
    });
  });
}
