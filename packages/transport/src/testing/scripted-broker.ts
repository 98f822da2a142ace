import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { FrameReader } from './amqplib-connection.js';
import {
  close,
  frameOf,
  long,
  longString,
  methodFrame,
  OPEN_OK,
  START,
  short,
  shortString,
  TUNE,
} from './handshake.js';

/** What a client says, that a broker answers. */
export type ClientMethod =
  | 'protocol header'
  | 'connection.start-ok'
  | 'connection.open'
  | 'connection.close'
  | 'channel.open'
  | 'channel.close'
  | 'confirm.select'
  | 'basic.qos'
  | 'queue.declare'
  | 'basic.consume'
  | 'basic.cancel';

/** A broker of few words: answers what a transport asks for, until it is told to fall silent. */
export interface ScriptedBroker extends AsyncDisposable {
  readonly url: string;
  readonly sockets: ReadonlySet<Socket>;
  /** What was asked, in order. */
  readonly received: readonly ClientMethod[];
  /** Answers this no more. */
  mute(method: ClientMethod): void;
  /** Refuses this so many times: 541 ends the connection, any other code the channel. */
  refuse(method: ClientMethod, code: number, text: string, times: number): void;
  /** Delivers a message to every consumer, with one header if there is one. */
  deliver(body: string, header?: { readonly name: string; readonly value: string }): void;
  /** Reads nothing any more: what is sent fills the buffers on the way. */
  stopReading(): void;
}

const METHODS: Readonly<Record<string, ClientMethod>> = {
  '10.11': 'connection.start-ok',
  '10.40': 'connection.open',
  '10.50': 'connection.close',
  '20.10': 'channel.open',
  '20.40': 'channel.close',
  '85.10': 'confirm.select',
  '60.10': 'basic.qos',
  '50.10': 'queue.declare',
  '60.20': 'basic.consume',
  '60.30': 'basic.cancel',
};

const TAG = shortString('tag');

function answer(method: ClientMethod, channel: number, payload: Buffer): Buffer {
  switch (method) {
    case 'protocol header':
      return START;
    case 'connection.start-ok':
      return TUNE;
    case 'connection.open':
      return OPEN_OK;
    case 'connection.close':
      return methodFrame(0, 10, 51);
    case 'channel.open':
      return methodFrame(channel, 20, 11, longString(''));
    case 'channel.close':
      return methodFrame(channel, 20, 41);
    case 'confirm.select':
      return methodFrame(channel, 85, 11);
    case 'basic.qos':
      return methodFrame(channel, 60, 11);
    case 'queue.declare':
      return methodFrame(channel, 50, 11, payload.subarray(6, 7 + payload.readUInt8(6)), long(0), long(0));
    case 'basic.consume':
      return methodFrame(channel, 60, 21, TAG);
    case 'basic.cancel':
      return methodFrame(channel, 60, 31, TAG);
  }
}

function refused(channel: number, code: number, text: string): Buffer {
  if (code === 541) return close(code, text);
  return methodFrame(channel, 20, 40, short(code), shortString(text), short(0), short(0));
}

/** The flags of a content header, and its headers. */
function headerProperty(header: { readonly name: string; readonly value: string } | undefined): Buffer {
  if (header === undefined) return Buffer.from([0, 0]);
  const field = Buffer.concat([shortString(header.name), Buffer.from('S'), longString(header.value)]);
  return Buffer.concat([Buffer.from([0x20, 0]), long(field.length), field]);
}

export async function startScriptedBroker(): Promise<ScriptedBroker> {
  const sockets = new Set<Socket>();
  const received: ClientMethod[] = [];
  const muted = new Set<ClientMethod>();
  const refusals: { readonly method: ClientMethod; readonly code: number; readonly text: string; times: number }[] = [];
  const consumers: { readonly socket: Socket; readonly channel: number; tag: number }[] = [];

  const hear = (socket: Socket, method: ClientMethod, channel: number, payload: Buffer): void => {
    received.push(method);
    if (muted.has(method)) return;
    const refusal = refusals.find((each) => each.method === method && each.times > 0);
    if (refusal !== undefined) {
      refusal.times -= 1;
      socket.write(refused(channel, refusal.code, refusal.text));
      return;
    }
    socket.write(answer(method, channel, payload));
    if (method === 'connection.close') socket.end();
    if (method === 'basic.consume') consumers.push({ socket, channel, tag: 0 });
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}); // The client resets it: that is what is tested.
    socket.on('close', () => sockets.delete(socket));
    socket.once('data', (header) => {
      // Not a frame; what follows it waits for its answer.
      hear(socket, 'protocol header', 0, header);
      new FrameReader(socket, ({ type, channel, payload }) => {
        if (type !== 1) return;
        const method = METHODS[`${payload.readUInt16BE(0)}.${payload.readUInt16BE(2)}`];
        if (method !== undefined) hear(socket, method, channel, payload);
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `rabbit://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    sockets,
    received,
    mute: (method) => void muted.add(method),
    refuse: (method, code, text, times) => void refusals.push({ method, code, text, times }),
    deliver: (body, header) => {
      const text = Buffer.from(body);
      const properties = Buffer.concat([
        Buffer.from([0, 60, 0, 0]),
        long(0),
        long(text.length),
        headerProperty(header),
      ]);
      for (const consumer of consumers) {
        consumer.tag += 1;
        const { socket, channel, tag } = consumer;
        const fields = [TAG, long(0), long(tag), Buffer.from([0]), shortString(''), shortString('q')];
        socket.write(methodFrame(channel, 60, 60, ...fields));
        socket.write(frameOf(2, channel, properties));
        socket.write(frameOf(3, channel, text));
      }
    },
    stopReading: () => {
      for (const socket of sockets) socket.pause();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
