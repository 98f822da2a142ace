import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { ReadInsides } from '../frame-reader.js';
import type { FrameInsides } from '../frame-writer.js';

const require = createRequire(import.meta.url);
const library = join(dirname(require.resolve('amqplib')), 'lib');
const { Connection } = require(join(library, 'connection.js'));
/** The numbers of AMQP methods, by their names in amqplib. */
export const methods: Readonly<Record<'BasicAck' | 'BasicPublish' | 'BasicProperties', number>> = require(
  join(library, 'defs.js'),
);

/** What of amqplib's own connection the tests use. */
export interface AmqplibConnection extends FrameInsides, ReadInsides {
  frameMax: number;
  maxFrameSize: number;
  accept(frame: object): void;
  acceptLoop(): void;
  on(event: 'frameError', listener: (error: Error) => void): void;
  sendHeartbeat(): void;
  releaseChannel(channel: number): void;
  sendMethod(channel: number, method: number, fields: object): void;
  sendMessage(channel: number, method: number, fields: object, header: number, properties: object, body: Buffer): void;
}

/** Both ends of a TCP connection: amqplib's connection, past the handshake, and the peer's socket. */
export interface ConnectionPair extends AsyncDisposable {
  readonly connection: AmqplibConnection;
  readonly peer: Socket;
}

/** @param options of the client's socket, beside its address. */
export async function openConnectionPair(
  options: (socket: () => Socket | undefined) => object = () => ({}),
): Promise<ConnectionPair> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket: Socket = connect({ ...options(() => socket), port, host: '127.0.0.1' });
  const [peer] = (await once(server, 'connection')) as [Socket];
  if (socket.connecting) await once(socket, 'connect');
  socket.on('error', () => {}); // Ends that are torn off are what is tested.
  peer.on('error', () => {});
  const connection: AmqplibConnection = new Connection(socket);
  connection.frameMax = 4_096;
  connection.maxFrameSize = 1_048_576;
  return {
    connection,
    peer,
    async [Symbol.asyncDispose]() {
      socket.destroy();
      peer.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A channel of amqplib as far as frames go; returns its number. */
export function openChannel({ freshChannel }: FrameInsides, connection: FrameInsides): number {
  return freshChannel?.call(connection, { onBufferDrain: () => {} }, {}) ?? -1;
}

export function sendAck(connection: AmqplibConnection, channel: number, deliveryTag: number): void {
  connection.sendMethod(channel, methods.BasicAck, { deliveryTag, multiple: false });
}

export function sendPublish(connection: AmqplibConnection, channel: number, body: Buffer): void {
  const fields = { exchange: '', routingKey: 'q', mandatory: false, immediate: false, ticket: 0 };
  connection.sendMessage(channel, methods.BasicPublish, fields, methods.BasicProperties, { headers: {} }, body);
}

/** A frame as it is on the wire: 1 method, 2 header, 3 body, 8 heartbeat. */
export interface Frame {
  readonly type: number;
  readonly channel: number;
  readonly payload: Buffer;
}

/** Reads frames off a socket. */
export class FrameReader {
  readonly frames: Frame[] = [];
  readonly #onFrame: (frame: Frame) => void;
  #rest: Buffer = Buffer.alloc(0);

  /** @param onFrame hears of each frame; without it they are kept in `frames`. */
  constructor(socket: Socket, onFrame: (frame: Frame) => void = (frame) => this.frames.push(frame)) {
    this.#onFrame = onFrame;
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
  }

  #read(bytes: Buffer): void {
    let rest = Buffer.concat([this.#rest, bytes]);
    while (rest.length >= 8) {
      const end = 7 + rest.readUInt32BE(3);
      if (rest.length <= end) break;
      if (rest[end] !== 0xce) throw new Error('A frame does not end where it should.');
      this.#onFrame({ type: rest.readUInt8(0), channel: rest.readUInt16BE(1), payload: rest.subarray(7, end) });
      rest = rest.subarray(end + 1);
    }
    this.#rest = rest;
  }
}
