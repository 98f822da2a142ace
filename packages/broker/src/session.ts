import type { Socket } from 'node:net';
import type { Channel } from './channel.js';
import { Channels } from './channels.js';
import { type Client, STRANGER } from './client.js';
import { unexpectedFrame } from './codec/frame-error.js';
import { type Frame, FrameReader } from './codec/frames.js';
import {
  decodeMethod,
  encodeMethod,
  METHOD_IDS,
  type Method,
  type MethodFields,
  type MethodName,
} from './codec/methods.js';
import { plainTable } from './codec/plain-table.js';
import { fitShortString } from './codec/short-strings.js';
import type { ConnectionInfo, ConnectionStatus } from './connection-info.js';
import { AmqpFailure, connectionFailure, type MethodIds, NO_METHOD, REPLY_NAMES } from './failure.js';
import { Handshake, type HandshakeListener, PROTOCOL_HEADER } from './handshake.js';
import { startHeartbeats } from './heartbeats.js';
import { type BlockListener, PublisherBlock } from './publisher-block.js';
import { type Cut, ReceivedCuts } from './received-cuts.js';
import type { SessionHost } from './session-host.js';
import type { Tuning } from './tuning.js';
import type { AccessRules } from './users.js';
import type { VirtualHost } from './virtual-host.js';
import { warn } from './warning.js';
import { Wire, type WireListener } from './wire.js';

// RabbitMQ waits as long for a close-ok.
const CLOSE_TIMEOUT_MS = 30_000;
// And so long where it would not understand one.
const DEAF_TIMEOUT_MS = 3_000;
const LEAVE_TIMEOUT_MS = 1_000;
// Before it has been agreed upon, the least that both sides must take.
const BEFORE_TUNING: Tuning = { channelMax: 0, frameMaxBytes: 4096, heartbeatSeconds: 0 };

/** One client's connection: what happens on channel 0, and the channels. */
export class Session implements WireListener, HandshakeListener, BlockListener {
  readonly host: SessionHost;
  readonly wire: Wire;
  readonly name: string;
  readonly peer: string;
  readonly #peerAddress: string;
  readonly #peerPort: number;
  readonly #reader: FrameReader = new FrameReader(BEFORE_TUNING.frameMaxBytes);
  readonly #handshake: Handshake;
  readonly #channels: Channels = new Channels(this);
  readonly #block: PublisherBlock;
  #phase: 'handshake' | 'open' | 'closing' | 'closed' = 'handshake';
  #client: Client = STRANGER;
  #tuning: Tuning = BEFORE_TUNING;
  #virtualHost: VirtualHost | undefined;
  #stopHeartbeats: () => void = () => undefined;
  #handshakeTimer: NodeJS.Timeout | undefined;
  #closeTimer: NodeJS.Timeout | undefined;
  #reason: string | undefined;
  // The stream makes no sense any more.
  #deaf = false;
  #received = 0;
  readonly #cuts: ReceivedCuts = new ReceivedCuts();
  #cutOff = false;

  constructor(host: SessionHost, socket: Socket, resetSocket?: () => void) {
    this.host = host;
    this.#peerAddress = socket.remoteAddress ?? '';
    this.#peerPort = socket.remotePort ?? 0;
    this.peer = `${this.#peerAddress}:${this.#peerPort}`;
    this.name = `${this.peer} -> ${socket.localAddress}:${socket.localPort}`;
    this.#handshake = new Handshake(host, this);
    this.wire = new Wire(socket, this, resetSocket);
    this.#block = new PublisherBlock(() => (this.#phase === 'open' ? host.memory.alarm : undefined), this);
    this.#expectHandshake();
  }

  get user(): string {
    return this.#client.user;
  }

  get frameMax(): number {
    return this.#tuning.frameMaxBytes;
  }

  get channelMax(): number {
    return this.#tuning.channelMax;
  }

  /** Only a session that is open has one. */
  get virtualHost(): VirtualHost {
    if (this.#virtualHost === undefined) throw connectionFailure(503, 'no virtual host is open');
    return this.#virtualHost;
  }

  get hasVirtualHost(): boolean {
    return this.#virtualHost !== undefined;
  }

  /** What the user may do here, at this moment. */
  get rules(): AccessRules | undefined {
    return this.host.users.rulesOf(this.user, this.virtualHost.name);
  }

  get channels(): readonly Channel[] {
    return this.#channels.all();
  }

  /** Whether the client said that it understands this. */
  can(capability: string): boolean {
    return this.#client.can(capability);
  }

  info(): ConnectionInfo {
    return {
      name: this.name,
      connectionName: this.#client.connectionName,
      status: this.#status(),
      user: this.user,
      virtualHost: this.#virtualHost?.name ?? '',
      peerAddress: this.#peerAddress,
      peerPort: this.#peerPort,
      channels: this.#channels.count,
      heartbeatSeconds: this.#tuning.heartbeatSeconds,
      frameMaxBytes: this.#tuning.frameMaxBytes,
      frozen: this.wire.frozen,
      clientProperties: plainTable(this.#client.properties),
      framesReceived: this.#received,
    };
  }

  /** Sends a method on channel 0. */
  send<N extends MethodName>(name: N, fields: MethodFields<N>): void {
    this.sendOn(0, name, fields);
  }

  sendOn<N extends MethodName>(channel: number, name: N, fields: MethodFields<N>): void {
    this.wire.send(encodeMethod(channel, name, fields));
  }

  /** Closes it with a code and a text that the client reads. */
  close(code: number, text: string, method: MethodIds = NO_METHOD): void {
    if (this.#phase === 'closing' || this.#phase === 'closed') return;
    this.#reason ??= `the broker closed it: ${code} ${text}`;
    this.#end(() => this.wire.drop('the client did not answer connection.close'));
    this.send('connection.close', { replyCode: code, replyText: fitShortString(text), ...method });
  }

  /** The broker shuts down: who is connected is told, who is not yet is left. */
  shutDown(): void {
    if (this.#virtualHost === undefined) this.wire.drop('the broker shut down');
    else this.close(320, `CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'`);
  }

  /** Does not answer the handshake until {@link heed}: a fault. */
  ignore(): void {
    clearTimeout(this.#handshakeTimer);
    this.wire.freeze();
  }

  /** Takes {@link ignore} back: the client has as long as any other from now on. */
  heed(): void {
    if (this.#phase === 'handshake') this.#expectHandshake();
    this.wire.thaw();
  }

  /** Cuts the connection at the n-th frame from now on: a fault. Returns what takes it back. */
  cutAtFrame(cut: Cut): () => void {
    if (cut.direction === 'sent') {
      const { frame, how, strikes, done } = cut;
      return this.wire.cutAt({ frame, edge: cut.midFrame ? 'middle' : 'end', how, strikes, done });
    }
    return this.#cuts.arm(cut, this.#received);
  }

  /** There is room again: goes on with what lay there, and reads on. */
  unblock(): void {
    this.#block.release(this.#onFrame);
  }

  blocked(reason: string): void {
    this.wire.stall();
    if (this.can('connection.blocked')) this.send('connection.blocked', { reason: fitShortString(reason) });
    this.host.tell({ type: 'connection-blocked', connection: this.info(), reason });
  }

  unblocked(): void {
    this.wire.unstall();
    if (this.can('connection.blocked')) this.send('connection.unblocked', {});
    this.host.tell({ type: 'connection-unblocked', connection: this.info() });
  }

  /** Takes a frame that a fault has kept. */
  carryOut(frame: Frame): void {
    this.#handle(frame);
  }

  channelClosed(channel: Channel): void {
    this.#channels.forget(channel);
  }

  received(chunk: Buffer): void {
    if (this.#deaf) return;
    try {
      if (this.#handshake.step === 'header') this.#readHeader(chunk);
      else this.#reader.read(chunk, this.#onFrame);
    } catch (error) {
      // What cannot be taken apart into frames: where the next one begins is not to be known either, unless only its type
      // was wrong.
      this.#deaf = !(error instanceof AmqpFailure && error.text.endsWith('unknown_frame'));
      this.#failed(error);
    }
  }

  flushing(): void {
    if (this.#phase !== 'open') return;
    this.#channels.flush();
  }

  drained(): void {
    this.#channels.serve();
  }

  ended(reason: string): void {
    const why = this.#reason ?? reason;
    this.#phase = 'closed';
    clearTimeout(this.#handshakeTimer);
    clearTimeout(this.#closeTimer);
    this.#stopHeartbeats();
    this.#block.forget();
    this.#channels.close();
    this.#virtualHost?.ownerGone(this);
    if (this.#virtualHost === undefined) this.host.tell({ type: 'connection-rejected', peer: this.peer, reason: why });
    else this.host.tell({ type: 'connection-closed', connection: this.info(), reason: why });
    this.host.ended(this);
  }

  introduced(client: Client): void {
    this.#client = client;
  }

  agreed(tuning: Tuning): void {
    this.#tuning = tuning;
    this.#reader.maxFrameSize = tuning.frameMaxBytes;
    const reads = (): boolean => !this.#block.active && !this.wire.frozen && !this.wire.flooded;
    this.#stopHeartbeats = startHeartbeats(this.wire, tuning.heartbeatSeconds, reads);
  }

  opened(virtualHost: VirtualHost): void {
    this.#virtualHost = virtualHost;
    this.#phase = 'open';
    clearTimeout(this.#handshakeTimer);
    this.host.counters.connectionsOpened += 1;
    this.host.tell({ type: 'connection-opened', connection: this.info() });
  }

  #status(): ConnectionStatus {
    if (this.#phase !== 'open') return this.#phase;
    if (this.#block.active) return 'blocked';
    return this.host.memory.alarm === undefined ? 'open' : 'blocking';
  }

  #readHeader(chunk: Buffer): void {
    if (this.#phase !== 'handshake') return;
    const rest = this.#handshake.header(chunk);
    if (rest === 'wrong') {
      // The specification: say which protocol it should have been, and close.
      this.wire.send(PROTOCOL_HEADER);
      this.#leave('it does not speak AMQP 0-9-1');
    } else if (rest !== undefined && rest.length > 0) {
      this.#reader.read(rest, this.#onFrame);
    }
  }

  readonly #onFrame = (frame: Frame): void => {
    // What lies behind a cut was never received.
    if (this.#cutOff || this.#block.holds(frame)) return;
    this.#received += 1;
    if (!this.#cuts.armed) {
      this.#handle(frame);
    } else if (!this.#strike(this.#cuts.due(this.#received, 'before'))) {
      this.#handle(frame);
      this.#strike(this.#cuts.due(this.#received, 'after'));
    }
  };

  #strike(cut: Cut | undefined): boolean {
    if (cut === undefined) return false;
    this.#cutOff = true;
    this.wire[cut.how](`a fault cut it at frame ${cut.frame} that was received`);
    cut.done();
    return true;
  }

  #handle(frame: Frame): void {
    let method: Method | undefined;
    // What interrupts a content fails the publish that it belongs to.
    const unfinished = this.#channels.unfinished(frame.channel);
    try {
      if (frame.type === 1) method = decodeFrom(frame);
      if (this.#phase === 'closing') this.#handleWhileClosing(method);
      else if (frame.channel === 0) this.#handleOnZero(frame, method);
      else if (frame.type === 8) throw unexpectedFrame(frame.type, frame.payload);
      else if (this.#phase === 'open') this.#channels.handle(frame, method);
      else throw unexpectedFrame(frame.type, frame.payload);
    } catch (error) {
      this.#failed(error, frame.channel, unfinished ?? method?.name);
    }
  }

  #handleWhileClosing(method: Method | undefined): void {
    if (method?.name === 'connection.close-ok') this.wire.end('closed');
    if (method?.name === 'connection.close') this.send('connection.close-ok', {});
  }

  #handleOnZero({ type, payload }: Frame, method: Method | undefined): void {
    if (type === 8) return;
    if (method === undefined) throw unexpectedFrame(type, payload);
    if (this.#phase === 'handshake' && this.#handshake.handle(method)) return;
    if (method.name === 'connection.close' && this.#phase === 'open') {
      this.#reason ??= 'the client closed it';
      this.send('connection.close-ok', {});
      // The client is the one to close its socket then.
      this.#end(() => this.wire.drop('the client closed it'));
    } else if (method.name === 'connection.update-secret' && this.#phase === 'open') {
      this.send('connection.update-secret-ok', {});
    } else {
      const state = this.#phase === 'open' ? 'running' : 'opening';
      throw connectionFailure(504, `unexpected method in connection state ${state}`);
    }
  }

  #failed(error: unknown, channelNumber = 0, method?: MethodName): void {
    if (!(error instanceof AmqpFailure)) {
      // Ours, not the client's: it is told no more than that it happened.
      warn(error);
      this.#failed(connectionFailure(541, '', { detail: 'the embedded broker failed; see the process warning' }));
      return;
    }
    const channel = this.#channels.find(channelNumber);
    if (error.scope === 'channel' && channel !== undefined) {
      channel.fail(error, method);
      return;
    }
    const { step } = this.#handshake;
    const refusesLogin = step === 'start-ok' && error.code === 403 && this.can('authentication_failure_close');
    // Who has not got as far as connection.open gets no explanation, as with RabbitMQ.
    if (step !== 'open' && !refusesLogin) {
      this.#leave(error.detail ?? error.text);
    } else {
      this.#explain(error, method);
    }
  }

  #explain({ code, text, detail, concerns }: AmqpFailure, method: MethodName | undefined): void {
    this.#reason ??= detail;
    // RabbitMQ has one word for what went wrong inside; the event has more.
    if (code === 541) {
      this.#reason ??= text;
      this.close(code, REPLY_NAMES[code]);
    } else {
      this.close(code, text, concerns ?? idsOf(method));
    }
  }

  #expectHandshake(): void {
    const { handshakeTimeoutMs } = this.host.settings.limits;
    const late = (): void => this.#leave(`it was not open within ${handshakeTimeoutMs} ms`);
    this.#handshakeTimer = setTimeout(late, handshakeTimeoutMs).unref();
  }

  /** Closes the socket without connection.close. */
  #leave(reason: string): void {
    this.#reason ??= reason;
    this.#end(() => this.wire.drop(reason), LEAVE_TIMEOUT_MS);
    this.wire.end(reason);
  }

  /** Does nothing any more but wait for the end, and not for ever. */
  #end(giveUp: () => void, patienceMs = this.#deaf ? DEAF_TIMEOUT_MS : CLOSE_TIMEOUT_MS): void {
    this.#phase = 'closing';
    clearTimeout(this.#handshakeTimer);
    this.#block.forget();
    this.wire.unstall();
    this.#channels.close();
    this.#virtualHost?.ownerGone(this);
    this.#closeTimer = setTimeout(giveUp, patienceMs).unref();
  }
}

/** Throws the failure of a method that cannot be read; about the connection itself RabbitMQ has no words for it. */
function decodeFrom({ channel, payload }: Frame): Method {
  try {
    return decodeMethod(payload);
  } catch (error) {
    const isFields = error instanceof AmqpFailure && error.code === 501 && error.concerns !== NO_METHOD;
    throw channel === 0 && isFields ? connectionFailure(541, '', { detail: error.text }) : error;
  }
}

function idsOf(method: MethodName | undefined): MethodIds {
  if (method === undefined) return NO_METHOD;
  const { classId, methodId } = METHOD_IDS[method];
  return { classId, methodId };
}
