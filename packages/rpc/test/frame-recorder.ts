import { createServer, connect as dial, type Socket } from 'node:net';

/** An AMQP method that passed, with the arguments that say what it means. */
export interface RecordedFrame {
  /** Which connection, counted from 1 in the order they were opened. */
  readonly connection: number;
  readonly from: 'client' | 'broker';
  readonly channel: number;
  readonly method: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Which properties a published message has, as the flags of its content header. */
  readonly property_flags?: string;
}

/** A relay to a broker that writes down what passes, connection.* and heartbeats left out. */
export interface FrameRecorder extends AsyncDisposable {
  /** The URL to connect to instead of the broker's. */
  readonly url: string;
  readonly frames: readonly RecordedFrame[];
}

export async function recordFrames(url: string): Promise<FrameRecorder> {
  const broker = new URL(url);
  const frames: RecordedFrame[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((client) => {
    connections += 1;
    const upstream = dial(Number(broker.port || 5672), broker.hostname);
    watch(client, connections, 'client', frames);
    watch(upstream, connections, 'broker', frames);
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: url.replace(`${broker.hostname}${broker.port === '' ? '' : `:${broker.port}`}`, `127.0.0.1:${port}`),
    frames,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const PROTOCOL_HEADER_BYTES = 8;
const METHOD = 1;
const HEADER = 2;

function watch(socket: Socket, connection: number, from: RecordedFrame['from'], frames: RecordedFrame[]): void {
  let buffer = Buffer.alloc(0);
  let skip = from === 'client' ? PROTOCOL_HEADER_BYTES : 0;
  socket.on('data', (data: Buffer) => {
    buffer = Buffer.concat([buffer, data]);
    if (buffer.length < skip) return;
    buffer = buffer.subarray(skip);
    skip = 0;
    while (buffer.length >= 7 && buffer.length >= 8 + buffer.readUInt32BE(3)) {
      const end = 7 + buffer.readUInt32BE(3);
      const channel = buffer.readUInt16BE(1);
      const payload = buffer.subarray(7, end);
      if (buffer[0] === METHOD) record({ connection, from, channel }, payload, frames);
      if (buffer[0] === HEADER) recordFlags({ connection, from, channel }, payload, frames);
      buffer = buffer.subarray(end + 1);
    }
  });
}

type Origin = Pick<RecordedFrame, 'connection' | 'from' | 'channel'>;

function record(origin: Origin, payload: Buffer, frames: RecordedFrame[]): void {
  const id = `${payload.readUInt16BE(0)}.${payload.readUInt16BE(2)}`;
  const [method, fields] = METHODS[id] ?? [id, []];
  if (!id.startsWith('10.')) frames.push({ ...origin, method, args: new Reader(payload, 4).read(fields) });
}

function recordFlags({ connection, from, channel }: Origin, payload: Buffer, frames: RecordedFrame[]): void {
  const flags = `0x${payload.readUInt16BE(12).toString(16)}`;
  const index = frames.findLastIndex(
    (frame) => frame.connection === connection && frame.from === from && frame.channel === channel,
  );
  const frame = frames[index];
  if (frame !== undefined) frames[index] = { ...frame, property_flags: flags };
}

type Kind = 'short' | 'int' | 'long' | 'text' | 'flags' | 'table';
type Field = readonly [Kind, ...string[]];

// What is reserved has no name.
const METHODS: Readonly<Record<string, readonly [string, readonly Field[]]>> = {
  '20.10': ['channel.open', []],
  '20.11': ['channel.open-ok', []],
  '20.40': ['channel.close', []],
  '20.41': ['channel.close-ok', []],
  '40.10': [
    'exchange.declare',
    [
      ['short', ''],
      ['text', 'exchange'],
      ['text', 'type'],
      ['flags', 'passive', 'durable', 'auto_delete', 'internal', 'nowait'],
      ['table', 'arguments'],
    ],
  ],
  '40.11': ['exchange.declare-ok', []],
  '50.10': [
    'queue.declare',
    [
      ['short', ''],
      ['text', 'queue'],
      ['flags', 'passive', 'durable', 'exclusive', 'auto_delete', 'nowait'],
      ['table', 'arguments'],
    ],
  ],
  '50.11': ['queue.declare-ok', []],
  '50.20': [
    'queue.bind',
    [
      ['short', ''],
      ['text', 'queue'],
      ['text', 'exchange'],
      ['text', 'routing_key'],
      ['flags', 'nowait'],
      ['table', 'arguments'],
    ],
  ],
  '50.21': ['queue.bind-ok', []],
  '60.10': [
    'basic.qos',
    [
      ['int', 'prefetch_size'],
      ['short', 'prefetch_count'],
      ['flags', 'global'],
    ],
  ],
  '60.11': ['basic.qos-ok', []],
  '60.20': [
    'basic.consume',
    [
      ['short', ''],
      ['text', 'queue'],
      ['text', 'consumer_tag'],
      ['flags', 'no_local', 'no_ack', 'exclusive', 'nowait'],
      ['table', 'arguments'],
    ],
  ],
  '60.21': ['basic.consume-ok', []],
  '60.40': [
    'basic.publish',
    [
      ['short', ''],
      ['text', 'exchange'],
      ['text', 'routing_key'],
      ['flags', 'mandatory', 'immediate'],
    ],
  ],
  '60.60': ['basic.deliver', []],
  '60.80': [
    'basic.ack',
    [
      ['long', 'delivery_tag'],
      ['flags', 'multiple'],
    ],
  ],
  '85.10': ['confirm.select', [['flags', 'nowait']]],
  '85.11': ['confirm.select-ok', []],
};

class Reader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  read(fields: readonly Field[]): Record<string, unknown> {
    const args: Record<string, unknown> = {};
    for (const [kind, ...names] of fields) {
      if (kind === 'flags') {
        const bits = this.#next(1).readUInt8();
        for (const [bit, name] of names.entries()) args[name] = (bits & (1 << bit)) !== 0;
      } else {
        const value = this.#value(kind);
        if (names[0] !== undefined && names[0] !== '') args[names[0]] = value;
      }
    }
    return args;
  }

  #value(kind: Exclude<Kind, 'flags'>): unknown {
    switch (kind) {
      case 'short':
        return this.#next(2).readUInt16BE();
      case 'int':
        return this.#next(4).readUInt32BE();
      case 'long':
        return Number(this.#next(8).readBigUInt64BE());
      case 'text':
        return this.#next(this.#next(1).readUInt8()).toString();
      case 'table':
        return this.#table();
    }
  }

  #table(): Record<string, unknown> {
    const end = this.#next(4).readUInt32BE() + this.#at;
    const table: Record<string, unknown> = {};
    while (this.#at < end) {
      const name = String(this.#value('text'));
      table[name] = this.#fieldValue(this.#next(1).toString());
    }
    return table;
  }

  // The types of values that are declared with.
  #fieldValue(type: string): unknown {
    switch (type) {
      case 'I':
        return this.#next(4).readInt32BE();
      case 't':
        return this.#next(1).readUInt8() === 1;
      case 'S':
        return this.#next(this.#next(4).readUInt32BE()).toString();
      default:
        throw new Error(`A table holds a value of type ${type}, which this recorder does not read.`);
    }
  }

  #next(bytes: number): Buffer {
    this.#at += bytes;
    return this.#bytes.subarray(this.#at - bytes, this.#at);
  }
}
