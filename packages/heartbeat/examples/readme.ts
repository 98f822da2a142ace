import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { negotiate, startHeartbeat } from '@leveret/heartbeat';

const server = createServer((peer) => peer.resume()).listen(0, '127.0.0.1'); // takes the connection and says nothing
await once(server, 'listening');
const socket = connect(Object(server.address()).port, '127.0.0.1');

startHeartbeat(socket, {
  intervalMs: negotiate(60, 1) * 1000, // we ask for 60 s, the server proposed 1 s
  beat: () => socket.write(Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 0xce)),
  lost: ({ reason, observedSilenceMs }) => {
    console.log(`peer lost: ${reason}, ${Math.round(observedSilenceMs / 1000)} s without a byte`);
    socket.destroy();
    server.close();
  },
});
