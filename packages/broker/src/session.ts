import type { Socket } from 'node:net';
import { Channel } from './channel.js';
import { EMPTY_TABLE, type FieldTable } from './codec/field-table.js';
import { FrameReader } from './codec/frame-reader.js';
import type { Frame } from './codec/frames.js';
import { HEARTBEAT_FRAME } from './codec/frames.js';
import {
  decodeMethod,
  encodeMethod,
  METHOD_IDS,
  type Method,
  type MethodFields,
  type MethodName,
} from './codec/methods.js';
import { fitShortString } from './codec/short-strings.js';
import { plainTable } from './codec/plain-table.js';
import type { ConnectionInfo, ConnectionStatus } from './connection-info.js';
import { AmqpFailure, connectionFailure } from './failure.js';
import {
  agree,
  type Credentials,
  MECHANISMS,
  PROTOCOL_HEADER,
  readCredentials,
  SERVER_PROPERTIES,
} from './handshake.js';
import type { SessionHost } from './session-host.js';
import type { AccessRules } from './users.js';
import type { VirtualHost } from './virtual-host.js';
import { Wire, type WireListener } from './wire.js';

/** Where a session stands; each phase knows what it waits for. */
type Phase =
  | { readonly status: 'header' }
  | { readonly status: 'starting' }
  | { readonly status: 'tuning' }
  | { readonly status: 'opening' }
  | { readonly status: 'open' }
  | { readonly status: 'closing' }
  | { readonly status: 'closed' };

/** Where a fault cuts the connection. */
export interface Cut {
  readonly frame: number;
  readonly direction: 'received' | 'sent';
  readonly midFrame: boolean;
  readonly how: 'drop' | 'reset';
  /** Asked when the frame is reached: whether this connection is meant. */
  readonly strikes: () => boolean;
  readonly done: () => void;
}

/** The method that a close is about. */
interface MethodIds {
  readonly classId: number;
  readonly methodId: number;
}

const NO_METHOD: MethodIds = { classId: 0, methodId: 0 };
// RabbitMQ waits as long for a close-ok.
const CLOSE_TIMEOUT_MS = 30_000;
const BASIC_PUBLISH = METHOD_IDS['basic.publish'].classId * 0x10000 + METHOD_IDS['basic.publish'].methodId;

/** One client's connection: the handshake, what happens on channel 0, heartbeats, and its channels. */
export class Session implements WireListener {
  readonly host: SessionHost;
  readonly wire: Wire;
  readonly name: string;
  readonly peer: string;
  readonly #peerAddress: string;
  readonly #peerPort: number;
  readonly #reader: FrameReader;
  readonly #channels = new Map<number, Channel>();
  readonly #handshakeTimer: NodeJS.Timeout;
  #phase: Phase = { status: 'header' };
  #header: Buffer = Buffer.alloc(0);
  #heartbeatTimer: NodeJS.Timeout | undefined;
  #closeTimer: NodeJS.Timeout | undefined;
  #reason: string | undefined;
  #user = '';
  #virtualHost: VirtualHost | undefined;
  #clientProperties: FieldTable = EMPTY_TABLE;
  #capabilities: ReadonlySet<string> = new Set();
  #channelMax = 0;
  #heartbeatSeconds = 0;
  #frameMax = 4096;
  // Frames that were read already when the alarm stopped us from handling them.
  #blocked: Frame[] | undefined;
  #received = 0;
  #receiveCut: (Cut & { readonly at: number }) | undefined;

  constructor(host: SessionHost, socket: Socket, resetSocket?: () => void) {
    this.host = host;
    this.#peerAddress = socket.remoteAddress ?? '';
    this.#peerPort = socket.remotePort ?? 0;
    this.peer = `${this.#peerAddress}:${this.#peerPort}`;
    this.name = `${this.peer} -> ${socket.localAddress}:${socket.localPort}`;
    // Before it has been agreed upon, the least that both sides must take.
    this.#reader = new FrameReader(4096);
    this.wire = new Wire(socket, this, resetSocket);
    const { handshakeTimeoutMs } = host.settings.limits;
    this.#handshakeTimer = setTimeout(
      () => this.#endSilently(`it was not open within ${handshakeTimeoutMs} ms`),
      handshakeTimeoutMs,
    ).unref();
  }

  get isOpen(): boolean {
    return this.#phase.status === 'open';
  }

  get user(): string {
    return this.#user;
  }

  get frameMax(): number {
    return this.#frameMax;
  }

  get virtualHost(): VirtualHost {
    if (this.#virtualHost === undefined) throw connectionFailure(503, 'no virtual host is open');
    return this.#virtualHost;
  }

  get hasVirtualHost(): boolean {
    return this.#virtualHost !== undefined;
  }

  /** What the user may do here, at this moment. */
  get rules(): AccessRules | undefined {
    return this.host.users.rulesOf(this.#user, this.virtualHost.name);
  }

  get channels(): readonly Channel[] {
    return [...this.#channels.values()];
  }

  /** Whether the client said that it understands this. */
  can(capability: string): boolean {
    return this.#capabilities.has(capability);
  }

  info(): ConnectionInfo {
    const name = this.#clientProperties.get('connection_name');
    return {
      name: this.name,
      connectionName: name?.type === 'S' ? name.value : undefined,
      status: this.#status(),
      user: this.#user,
      virtualHost: this.#virtualHost?.name ?? '',
      peerAddress: this.#peerAddress,
      peerPort: this.#peerPort,
      channels: this.#channels.size,
      heartbeatSeconds: this.#heartbeatSeconds,
      frameMaxBytes: this.#frameMax,
      frozen: this.wire.frozen,
      clientProperties: plainTable(this.#clientProperties),
      framesReceived: this.#received,
    };
  }

  send<N extends MethodName>(channel: number, name: N, fields: MethodFields<N>): void {
    this.wire.send(encodeMethod(channel, name, fields));
  }

  /** Closes as an operator does, with a code and a text that the client reads. */
  close(code: number, text: string, method: MethodIds = NO_METHOD): void {
    const { status } = this.#phase;
    if (status === 'closing' || status === 'closed') return;
    this.#phase = { status: 'closing' };
    this.#reason ??= `the broker closed it: ${code} ${text}`;
    this.#forgetBlock();
    this.#closeChannels();
    this.send(0, 'connection.close', { replyCode: code, replyText: fitShortString(text), ...method });
    this.#closeTimer = setTimeout(
      () => this.wire.drop('the client did not answer connection.close'),
      CLOSE_TIMEOUT_MS,
    ).unref();
  }

  /** The broker shuts down: who is connected is told, who is not yet is left. */
  shutDown(): void {
    if (this.#virtualHost === undefined) this.wire.drop('the broker shut down');
    else this.close(320, `CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'`);
  }

  /** Never answers the handshake: a fault. Thawing the wire ends it. */
  ignore(): void {
    clearTimeout(this.#handshakeTimer);
    this.wire.freeze();
  }

  /** Cuts the connection at the n-th frame from now on: a fault. Returns what takes it back. */
  cutAtFrame(cut: Cut): () => void {
    if (cut.direction === 'sent') {
      const { frame, how, strikes, done } = cut;
      return this.wire.cutAt({ frame, edge: cut.midFrame ? 'middle' : 'end', how, strikes, done });
    }
    const armed = { ...cut, at: this.#received + cut.frame };
    this.#receiveCut = armed;
    return () => {
      if (this.#receiveCut === armed) this.#receiveCut = undefined;
    };
  }

  received(chunk: Buffer): void {
    try {
      if (this.#phase.status === 'header') this.#readHeader(chunk);
      else this.#reader.read(chunk, this.#onFrame);
    } catch (error) {
      // What cannot be taken apart into frames.
      this.#failed(error);
    }
  }

  flushing(): void {
    if (this.#phase.status !== 'open') return;
    for (const channel of this.#channels.values()) channel.confirms?.flush();
  }

  drained(): void {
    for (const channel of this.#channels.values()) channel.serve();
  }

  ended(reason: string): void {
    const wasOpen = this.#virtualHost !== undefined;
    const why = this.#reason ?? reason;
    this.#phase = { status: 'closed' };
    clearTimeout(this.#handshakeTimer);
    clearTimeout(this.#closeTimer);
    clearInterval(this.#heartbeatTimer);
    this.#blocked = undefined;
    this.#closeChannels();
    this.#virtualHost?.ownerGone(this);
    if (wasOpen) this.host.tell({ type: 'connection-closed', connection: this.info(), reason: why });
    else this.host.tell({ type: 'connection-rejected', peer: this.peer, reason: why });
    this.host.ended(this);
  }

  /** There is room again: goes on with what lay there, and reads on. */
  unblock(): void {
    const frames = this.#blocked;
    if (frames === undefined) return;
    this.#blocked = undefined;
    if (this.can('connection.blocked')) this.send(0, 'connection.unblocked', {});
    this.host.tell({ type: 'connection-unblocked', connection: this.info() });
    this.wire.unstall();
    for (const frame of frames) this.#onFrame(frame);
  }

  channelClosed(channel: Channel): void {
    this.#channels.delete(channel.number);
  }

  /** The broker itself is at fault: the client is told no more than that, the log more. */
  broken(error: unknown): void {
    process.emitWarning(error instanceof Error ? error : new Error(String(error)), { type: 'LeveretBrokerWarning' });
    this.#reason ??= 'the embedded broker failed; see the process warning';
    this.close(541, 'INTERNAL_ERROR');
  }

  #status(): ConnectionStatus {
    const { status } = this.#phase;
    if (status === 'header' || status === 'starting' || status === 'tuning' || status === 'opening') return 'handshake';
    if (status !== 'open') return status;
    if (this.#blocked !== undefined) return 'blocked';
    return this.host.memory.alarm === undefined ? 'open' : 'blocking';
  }

  #readHeader(chunk: Buffer): void {
    this.#header = Buffer.concat([this.#header, chunk]);
    if (this.#header.length < PROTOCOL_HEADER.length) return;
    const rest = this.#header.subarray(PROTOCOL_HEADER.length);
    if (!this.#header.subarray(0, PROTOCOL_HEADER.length).equals(PROTOCOL_HEADER)) {
      // The specification: say which protocol it should have been, and close.
      this.wire.send(PROTOCOL_HEADER);
      this.#endSilently('it does not speak AMQP 0-9-1');
      return;
    }
    this.#phase = { status: 'starting' };
    this.send(0, 'connection.start', {
      versionMajor: 0,
      versionMinor: 9,
      serverProperties: SERVER_PROPERTIES,
      mechanisms: Buffer.from(MECHANISMS),
      locales: Buffer.from('en_US'),
    });
    if (rest.length > 0) this.#reader.read(rest, this.#onFrame);
  }

  readonly #onFrame = (frame: Frame): void => {
    if (this.#phase.status === 'closed') return;
    if (this.#blocked !== undefined) {
      this.#blocked.push(frame);
      return;
    }
    this.#received += 1;
    const cut = this.#receiveCut;
    if (cut !== undefined && cut.at === this.#received && cut.midFrame && cut.strikes()) {
      this.#cut(cut);
      return;
    }
    let method: Method | undefined;
    try {
      if (frame.type === 1) {
        if (this.#mustBlock(frame)) return;
        method = decodeMethod(frame.payload);
      }
      this.#handle(frame, method);
    } catch (error) {
      // Contents belong to a publish.
      if (frame.type !== 1) this.#failed(error, frame.channel, 'basic.publish');
      else if (method === undefined) this.#undecodable(error, frame);
      else this.#failed(error, frame.channel, method.name);
    }
    if (cut !== undefined && cut.at === this.#received) this.#cut(cut);
  };

  #handle(frame: Frame, method: Method | undefined): void {
    if (this.#phase.status === 'closing') {
      if (method?.name === 'connection.close-ok') this.wire.end('closed');
      if (method?.name === 'connection.close') this.send(0, 'connection.close-ok', {});
      return;
    }
    if (frame.channel !== 0) {
      this.#handleOnChannel(frame, method);
    } else if (method !== undefined) {
      this.#handleMethod(method);
    } else if (frame.type !== 8) {
      throw connectionFailure(503, `unknown frame on channel 0: type ${frame.type}`);
    }
  }

  #handleOnChannel(frame: Frame, method: Method | undefined): void {
    if (this.#phase.status !== 'open')
      throw connectionFailure(504, 'a frame for a channel came before connection.open');
    const channel = this.#channels.get(frame.channel);
    if (channel !== undefined) {
      if (method !== undefined) channel.handle(method);
      else if (frame.type === 2) channel.header(frame.payload);
      else if (frame.type === 3) channel.body(frame.payload);
      else throw connectionFailure(501, 'a heartbeat belongs to channel 0');
    } else if (method?.name === 'channel.open') {
      this.#openChannel(frame.channel);
    } else {
      throw connectionFailure(504, `expected 'channel.open'`);
    }
  }

  #openChannel(number: number): void {
    if (this.#channels.size >= this.#channelMax) {
      throw connectionFailure(
        530,
        `number of channels opened (${this.#channels.size}) has reached the negotiated channel_max (${this.#channelMax})`,
      );
    }
    const channel = new Channel(this, number);
    this.#channels.set(number, channel);
    this.host.counters.channelsOpened += 1;
    this.send(number, 'channel.open-ok', {});
  }

  #handleMethod(method: Method): void {
    const { status } = this.#phase;
    if (method.name === 'connection.start-ok' && status === 'starting') {
      this.#logIn(method.fields);
    } else if (method.name === 'connection.tune-ok' && status === 'tuning') {
      this.#tuned(method.fields);
    } else if (method.name === 'connection.open' && status === 'opening') {
      this.#open(method.fields.virtualHost);
    } else if (method.name === 'connection.close' && (status === 'open' || status === 'opening')) {
      this.#reason ??= 'the client closed it';
      this.#phase = { status: 'closing' };
      this.#closeChannels();
      this.send(0, 'connection.close-ok', {});
      // The client is the one to close its socket then.
      this.#closeTimer = setTimeout(() => this.wire.drop('the client closed it'), CLOSE_TIMEOUT_MS).unref();
    } else if (method.name === 'connection.update-secret' && status === 'open') {
      this.send(0, 'connection.update-secret-ok', {});
    } else {
      throw connectionFailure(503, `unexpected method on channel 0: ${method.name}`);
    }
  }

  #logIn(answer: MethodFields<'connection.start-ok'>): void {
    this.#clientProperties = answer.clientProperties;
    const capabilities = answer.clientProperties.get('capabilities');
    const table = capabilities?.type === 'F' ? capabilities.value : EMPTY_TABLE;
    this.#capabilities = new Set(
      [...table].filter(([, field]) => field.type === 't' && field.value).map(([name]) => name),
    );
    const credentials: Credentials | undefined = readCredentials(answer.mechanism, answer.response);
    if (credentials === undefined || !this.host.users.authenticates(credentials.username, credentials.password)) {
      this.#reason = `wrong user name or password, for ${JSON.stringify(credentials?.username ?? '')}`;
      throw connectionFailure(
        403,
        `Login was refused using authentication mechanism ${answer.mechanism}. For details see the broker logfile.`,
      );
    }
    this.#user = credentials.username;
    this.#phase = { status: 'tuning' };
    const { channelMax, frameMaxBytes } = this.host.settings.limits;
    this.send(0, 'connection.tune', {
      channelMax,
      frameMax: frameMaxBytes,
      heartbeat: this.host.settings.heartbeatSeconds,
    });
  }

  #tuned(answer: MethodFields<'connection.tune-ok'>): void {
    const tuning = agree(answer, this.host.settings.limits);
    this.#channelMax = tuning.channelMax;
    this.#frameMax = tuning.frameMaxBytes;
    this.#reader.maxFrameSize = tuning.frameMaxBytes;
    this.#heartbeatSeconds = tuning.heartbeatSeconds;
    this.#phase = { status: 'opening' };
    if (tuning.heartbeatSeconds === 0) return;
    const intervalMs = tuning.heartbeatSeconds * 1_000;
    this.#heartbeatTimer = setInterval(() => this.#beat(intervalMs), intervalMs / 2).unref();
  }

  #beat(intervalMs: number): void {
    const now = performance.now();
    if (now - this.wire.lastSent >= intervalMs / 2) this.wire.send(HEARTBEAT_FRAME);
    // Whom we do not read cannot be called silent.
    if (this.#blocked !== undefined || this.wire.frozen) return;
    if (now - this.wire.lastReceived > intervalMs * 2) this.wire.drop(`no heartbeat came for ${intervalMs * 2} ms`);
  }

  #open(name: string): void {
    const virtualHost = this.host.findVirtualHost(name);
    if (virtualHost === undefined) throw connectionFailure(530, `vhost ${name} not found`);
    if (this.host.users.rulesOf(this.#user, name) === undefined) {
      throw connectionFailure(530, `access to vhost '${name}' refused for user '${this.#user}'`);
    }
    this.#virtualHost = virtualHost;
    this.#phase = { status: 'open' };
    clearTimeout(this.#handshakeTimer);
    this.host.counters.connectionsOpened += 1;
    this.send(0, 'connection.open-ok', {});
    this.host.tell({ type: 'connection-opened', connection: this.info() });
  }

  #mustBlock(frame: Frame): boolean {
    const { alarm } = this.host.memory;
    if (alarm === undefined || this.#phase.status !== 'open' || frame.channel === 0) return false;
    if (frame.payload.length < 4 || frame.payload.readUInt32BE(0) !== BASIC_PUBLISH) return false;
    this.#received -= 1;
    this.#blocked = [frame];
    this.wire.stall();
    if (this.can('connection.blocked')) this.send(0, 'connection.blocked', { reason: fitShortString(alarm) });
    this.host.tell({ type: 'connection-blocked', connection: this.info(), reason: alarm });
    return true;
  }

  #forgetBlock(): void {
    if (this.#blocked === undefined) return;
    this.#blocked = undefined;
    this.wire.unstall();
  }

  #cut(cut: Cut): void {
    this.#receiveCut = undefined;
    if (!cut.strikes()) return;
    this.wire[cut.how](`a fault cut it at frame ${cut.frame} that was received`);
    cut.done();
  }

  /** A method whose fields cannot be read; the frame still says which it was. */
  #undecodable(error: unknown, { channel, payload }: Frame): void {
    if (!(error instanceof AmqpFailure) || error.scope === 'channel') this.#failed(error, channel);
    else if (channel === 0) this.#failed(connectionFailure(541, ''));
    else if (this.#phase.status !== 'open' || payload.length < 4) this.#failed(error);
    else this.close(error.code, error.text, { classId: payload.readUInt16BE(0), methodId: payload.readUInt16BE(2) });
  }

  #failed(error: unknown, channelNumber = 0, method?: MethodName): void {
    if (!(error instanceof AmqpFailure)) {
      this.broken(error);
      return;
    }
    const channel = this.#channels.get(channelNumber);
    if (error.scope === 'channel' && channel !== undefined) {
      channel.fail(error, method);
      return;
    }
    const { status } = this.#phase;
    const refusesLogin = status === 'starting' && error.code === 403 && this.can('authentication_failure_close');
    // Who has not logged in gets no explanation, as with RabbitMQ.
    if (status === 'open' || status === 'opening' || refusesLogin)
      this.#closeOver(error, method);
    else this.#endSilently(error.text);
  }

  #closeOver({ code, text }: AmqpFailure, method: MethodName | undefined): void {
    if (code !== 541) {
      this.close(code, text, idsOf(method));
      return;
    }
    // RabbitMQ says no more than that to a client; the event says what it was.
    this.#reason ??= text;
    this.close(code, 'INTERNAL_ERROR');
  }

  #endSilently(reason: string): void {
    this.#reason ??= reason;
    this.#phase = { status: 'closing' };
    this.wire.end(reason);
    // One that never closes its own side is not waited for.
    this.#closeTimer = setTimeout(() => this.wire.drop(reason), 1_000).unref();
  }

  #closeChannels(): void {
    const channels = this.channels;
    // All are closed before any gives messages back: they must not go to a neighbour that closes too.
    for (const channel of channels) channel.stop();
    for (const channel of channels) channel.giveBack();
    this.#channels.clear();
  }
}

function idsOf(method: MethodName | undefined): MethodIds {
  if (method === undefined) return NO_METHOD;
  const { classId, methodId } = METHOD_IDS[method];
  return { classId, methodId };
}
