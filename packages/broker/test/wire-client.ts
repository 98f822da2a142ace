import { connect, type Socket } from 'node:net';
import { encodeContentHeader, encodeFrame, encodeMethod, type Fields, methodName } from './amqplib-codec.js';
import { FRAME, MethodAssembly, type WireFrame, type WireMethod } from './method-assembly.js';

export { FRAME, type WireFrame, type WireMethod } from './method-assembly.js';

/** The eight octets with which a client begins. */
export const PROTOCOL_HEADER: Buffer = Buffer.from([0x41, 0x4d, 0x51, 0x50, 0, 0, 9, 1]);

/** How a broker refused: which scope it closed, with what words, and for which method (`0.0` when for none). */
export interface Refusal {
  readonly scope: 'channel' | 'connection';
  readonly code: number;
  readonly text: string;
  readonly method: string;
}

/** How a session is opened. Everything has a default: the broker's own user and virtual host, PLAIN, no heartbeats. */
export interface SessionOptions {
  readonly username?: string;
  readonly password?: string;
  readonly virtualHost?: string;
  readonly mechanism?: string;
  /** The SASL response; default: that of PLAIN. */
  readonly response?: Buffer;
  readonly clientProperties?: Fields;
  /** Default: en_US. */
  readonly locale?: string;
  /** Default: what the broker proposes, and no heartbeats. */
  readonly tune?: { readonly channelMax?: number; readonly frameMax?: number; readonly heartbeat?: number };
}

/** Where to connect, and as whom. */
export interface WireTarget {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly virtualHost: string;
}

const patienceMs = 10_000;

/** The SASL response of PLAIN. */
export function plainResponse(username: string, password: string): Buffer {
  return Buffer.from(`\0${username}\0${password}`);
}

/**
 * An AMQP client of few manners: it sends any octets, and hands over what comes, one by one. Every wait ends with an
 * error after ten seconds. It answers nothing by itself and sends no heartbeats. One wait at a time.
 */
export class WireClient implements Disposable {
  readonly #socket: Socket;
  readonly #target: WireTarget;
  readonly #assembly = new MethodAssembly();
  #received: Buffer = Buffer.alloc(0);
  #ended = false;
  #changed: () => void = () => {};

  private constructor(target: WireTarget, socket: Socket) {
    this.#target = target;
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (octets) => {
      this.#received = Buffer.concat([this.#received, octets]);
      this.#changed();
    });
    const end = (): void => {
      this.#ended = true;
      this.#changed();
    };
    // A reset is an end too: which of the two a peer sees depends on what it wrote meanwhile.
    socket.on('error', end);
    socket.on('end', end);
    socket.on('close', end);
  }

  /** Connects a socket and sends nothing. */
  static async connect(target: WireTarget): Promise<WireClient> {
    const socket = connect(target.port, target.host);
    const client = new WireClient(target, socket);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return client;
  }

  /** Connects, and opens an AMQP connection. */
  static async open(target: WireTarget, options?: SessionOptions): Promise<WireClient> {
    const client = await WireClient.connect(target);
    await client.openSession(options);
    return client;
  }

  /** Connects, opens an AMQP connection, and channel 1 in it. */
  static async openChannel(target: WireTarget, options?: SessionOptions): Promise<WireClient> {
    const client = await WireClient.open(target, options);
    await client.ask(1, 'channel.open');
    return client;
  }

  /** Our port, by which the broker's operator can tell connections apart. */
  get localPort(): number {
    return this.#socket.localPort ?? 0;
  }

  /** Sends octets as they are. */
  write(octets: Buffer | string): void {
    this.#socket.write(octets);
  }

  /** Sends a frame of any type, with the right length and end. */
  sendFrame(type: number, channel: number, payload: Buffer): void {
    this.write(encodeFrame(type, channel, payload));
  }

  /** Sends a method; fields that are left out are empty. */
  send(channel: number, name: string, fields: Fields = {}): void {
    this.write(encodeMethod(channel, name, fields));
  }

  /** Sends a content header. Default class: 60, basic. */
  sendHeader(channel: number, bodySize: number, properties: Fields = {}, classId = 60): void {
    this.write(encodeContentHeader(channel, bodySize, properties, classId));
  }

  /** Sends basic.publish with its header and its body in one frame; in none when it is empty. */
  publish(channel: number, fields: Fields, body: Buffer | string = '', properties: Fields = {}): void {
    const octets = Buffer.from(body);
    const parts = [
      encodeMethod(channel, 'basic.publish', fields),
      encodeContentHeader(channel, octets.length, properties, 60),
    ];
    if (octets.length > 0) parts.push(encodeFrame(FRAME.body, channel, octets));
    this.write(Buffer.concat(parts));
  }

  /** Ends our half of the connection. */
  end(): void {
    this.#socket.end();
  }

  /** Leaves without a word; so does the end of a `using` block. */
  destroy(): void {
    this.#socket.destroy();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }

  /** Waits for so many octets. */
  async octets(length: number): Promise<Buffer> {
    await this.#until(() => this.#received.length >= length, `${length} octets`);
    return this.#take(length);
  }

  /** Waits for the end of what the broker sends, and returns what of it has not been read. */
  async rest(): Promise<Buffer> {
    await this.#until(() => this.#ended, 'the end');
    return this.#take(this.#received.length);
  }

  /** Waits until the broker ends the connection; what it still says is an error. */
  async ended(): Promise<void> {
    const rest = await this.rest();
    if (rest.length > 0)
      throw new Error(`Before the end there were ${rest.length} more octets: ${rest.toString('hex')}`);
  }

  /** Waits for a frame. */
  async nextFrame(): Promise<WireFrame> {
    const head = await this.octets(7);
    const rest = await this.octets(head.readUInt32BE(3) + 1);
    if (rest.at(-1) !== 0xce) throw new Error(`A frame ends with ${rest.at(-1)}: ${head.toString('hex')}`);
    return { type: head.readUInt8(0), channel: head.readUInt16BE(1), payload: rest.subarray(0, -1) };
  }

  /** Waits for a method and its content. Heartbeats are skipped. */
  async next(): Promise<WireMethod> {
    for (;;) {
      const frame = await this.nextFrame();
      if (frame.type === FRAME.heartbeat) continue;
      const complete = this.#assembly.take(frame);
      if (complete !== undefined) return complete;
    }
  }

  /** Waits for a method, which must be this one on this channel; returns its fields. */
  async expect(channel: number, name: string): Promise<Fields> {
    const method = await this.next();
    if (method.name !== name || method.channel !== channel) {
      throw new Error(
        `Expected ${name} on channel ${channel}, got ${method.name} on channel ${method.channel}: ${JSON.stringify(method.fields)}`,
      );
    }
    return method.fields;
  }

  /** Sends a method and waits for the next one, whatever it is. */
  async call(channel: number, name: string, fields?: Fields): Promise<WireMethod> {
    this.send(channel, name, fields);
    return await this.next();
  }

  /** Sends a method and waits for its `-ok`; returns the fields of that. */
  async ask(channel: number, name: string, fields?: Fields): Promise<Fields> {
    this.send(channel, name, fields);
    return await this.expect(channel, `${name}-ok`);
  }

  /** Sends a method that must be refused; see {@link refused}. */
  async refusal(channel: number, name: string, fields?: Fields): Promise<Refusal> {
    this.send(channel, name, fields);
    return await this.refused();
  }

  /**
   * Waits for channel.close or connection.close, and answers it as it should be; a connection must then end, unless it is
   * said not to wait for that: after a broken frame RabbitMQ takes three seconds.
   */
  async refused({ waitForEnd = true }: { readonly waitForEnd?: boolean } = {}): Promise<Refusal> {
    const { channel, name, fields } = await this.next();
    const scope = name === 'channel.close' ? 'channel' : name === 'connection.close' ? 'connection' : undefined;
    if (scope === undefined) {
      throw new Error(`Expected a refusal, got ${name} on channel ${channel}: ${JSON.stringify(fields)}`);
    }
    this.send(channel, `${name}-ok`);
    if (scope === 'connection' && waitForEnd) await this.ended();
    return {
      scope,
      code: fields['replyCode'] as number,
      text: fields['replyText'] as string,
      method: methodName(fields['classId'] as number, fields['methodId'] as number),
    };
  }

  /** Sends the protocol header and start-ok; returns the fields of start. */
  async start(options: SessionOptions = {}): Promise<Fields> {
    const { username = this.#target.username, password = this.#target.password } = options;
    this.write(PROTOCOL_HEADER);
    const start = await this.expect(0, 'connection.start');
    this.send(0, 'connection.start-ok', {
      clientProperties: options.clientProperties ?? {},
      mechanism: options.mechanism ?? 'PLAIN',
      response: options.response ?? plainResponse(username, password),
      locale: options.locale ?? 'en_US',
    });
    return start;
  }

  /** Waits for tune and answers it; returns its fields. */
  async tune(options: SessionOptions = {}): Promise<Fields> {
    const tune = await this.expect(0, 'connection.tune');
    this.send(0, 'connection.tune-ok', { ...tune, heartbeat: 0, ...options.tune });
    return tune;
  }

  /** The whole handshake: header, start, tune and open. */
  async openSession(options: SessionOptions = {}): Promise<void> {
    await this.start(options);
    await this.tune(options);
    await this.ask(0, 'connection.open', { virtualHost: options.virtualHost ?? this.#target.virtualHost });
  }

  #take(length: number): Buffer {
    const taken = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return taken;
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    const deadline = performance.now() + patienceMs;
    while (!condition()) {
      if (this.#ended) throw new Error(`The broker ended the connection before ${what}.`);
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw new Error(`Within ${patienceMs} ms there was not ${what}.`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
