import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { startBroker } from '@leveret/broker';
import { expect, it } from 'vitest';
import { startScriptedBroker } from './testing/scripted-broker.js';
import { createTransport } from './transport.js';

/** A network that passes nothing in one piece: the client reads so many bytes at a time, each in a turn of its own. */
async function startChopper(port: number, bytes: number): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {}); // One side goes before the other.
    }
    client.pipe(upstream);
    const pieces: Buffer[] = [];
    const pass = (): void => {
      const piece = pieces.shift();
      if (piece === undefined) return;
      client.write(piece);
      setImmediate(pass);
    };
    upstream.on('data', (chunk: Buffer) => {
      const idle = pieces.length === 0;
      for (let at = 0; at < chunk.length; at += bytes) pieces.push(chunk.subarray(at, at + bytes));
      if (idle) pass();
    });
    upstream.on('end', () => client.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

// A frame header has seven bytes: by ones, twos and threes it comes in seven, four and three reads.
it.each([1, 2, 3, 7])('reads what comes %d bytes at a time', async (bytes) => {
  const broker = await startBroker();
  await using chopper = await startChopper(broker.port, bytes);
  const transport = createTransport(broker.url.replace(`:${broker.port}`, `:${chopper.port}`));
  const received: string[] = [];
  await transport.consume({ queue: { name: 'pieces' } }, (delivery) => {
    received.push(`${delivery.body} ${delivery.headers['n']}`);
    delivery.ack();
  });
  for (let n = 0; n < 3; n += 1) {
    await transport.publish({ routingKey: 'pieces' }, 'x'.repeat(n * 10), { headers: { n }, mandatory: true });
  }
  while (received.length < 3) await new Promise((resolve) => setImmediate(resolve));
  expect(received).toEqual([' 0', `${'x'.repeat(10)} 1`, `${'x'.repeat(20)} 2`]);
  await transport.close();
  await broker.close();
});

// RabbitMQ passes on what other clients publish, however large; ours refuses to publish such headers.
it.each([65_536, 100_000])('reads headers of %d bytes', async (bytes) => {
  await using broker = await startScriptedBroker();
  await using transport = createTransport(broker.url);
  const value = 'h'.repeat(bytes);
  let resolve: (message: unknown) => void = () => {};
  const received = new Promise((settle) => {
    resolve = settle;
  });
  const consuming = transport.consume({ queue: { name: 'q' } }, ({ headers, body }) =>
    resolve({ headers, body: body.toString() }),
  );
  while (!broker.received.includes('basic.consume')) await new Promise((resolve) => setImmediate(resolve));
  broker.deliver('body', { name: 'large', value });
  expect(await received).toEqual({ headers: { large: value }, body: 'body' });
  // A delivery may be told before the promise of its consumer.
  await consuming;
});
