import { setMaxListeners } from 'node:events';
import { type Heartbeat, type HeartbeatLost, type HeartbeatStall, startHeartbeat } from '@leveret/heartbeat';
import type { Secret } from '@leveret/url';
import type { BrokerAddress } from '@leveret/url/rabbitmq';
import { type Channel, type ChannelModel, connect, credentials } from 'amqplib';
import { earlyEnd, guardAmqplib, watchHandshake } from './amqplib-guard.js';
import { channelError, lostError } from './broker-errors.js';
import type { AuthMechanism, Identity } from './credentials.js';
import { directPublishChannel, type PublishInsides } from './direct-publish-channel.js';
import { ConnectionLostError } from './errors.js';
import { type ReadInsides, readIntoOneBuffer, readWholeFrames } from './frame-reader.js';
import { type FrameInsides, type FrameQueue, writeFramesTogether } from './frame-writer.js';
import type { Handshake } from './handshake.js';
import type { Beating, LinkHeartbeats } from './link-heartbeats.js';
import { PlainPublishChannel, type PublishChannel } from './publish-channel.js';
import type { WholeFrames } from './whole-frames.js';

export type { Channel, ConfirmChannel, ConsumeMessage, Message, Options as AmqplibOptions } from 'amqplib';

// The one file that imports amqplib, and with frame-writer.ts the one that touches its insides: its socket and its
// heartbeater are not in its types.
interface AmqplibInsides extends FrameInsides, PublishInsides, ReadInsides {
  readonly heartbeat: number;
  readonly heartbeater: { clear(): void } | null;
  sendHeartbeat(): void;
  accept(frame: { readonly id?: number }): unknown;
}

/** What the owner of a link hears while it lives. */
export interface LinkListener {
  blocked(link: Link, reason: string): void;
  unblocked(link: Link): void;
  stalled(gapMs: number): void;
}

/** A question and its answer. */
export interface RoundTrip {
  readonly ms: number;
  /** On the clock of `performance.now()`. */
  readonly answeredAt: number;
}

/** One open connection to one broker, from the end of the handshake until it ends, once, for one reason. */
export interface Link {
  /** `host:port`. */
  readonly host: string;
  /** Resolves with the reason when the link has ended; never rejects. */
  readonly ended: Promise<ConnectionLostError>;
  /** The reason, once it has ended. */
  readonly endReason: ConnectionLostError | undefined;
  /** Whether the broker takes no publishes for now. */
  readonly blocked: boolean;
  /** The last time that the broker was asked for something that takes it no work, a channel, and how long it took. */
  readonly roundTrip: RoundTrip | undefined;
  /** Aborts just before our goodbye, the last moment to write something; not when the link is lost. */
  readonly closing: AbortSignal;
  /** @throws ConnectionLostError; DeclarationError when the broker allows no more channels. */
  openChannel(): Promise<Channel>;
  /** Resolves when the broker answers to something that takes it no work. @throws as `openChannel`. */
  isAlive(): Promise<void>;
  /** @throws ConnectionLostError; DeclarationError when the broker allows no more channels. */
  openPublishChannel(): Promise<PublishChannel>;
  /**
   * Ends the link when the broker leaves all that is asked unanswered for `limitMs`, heartbeats or not, until the returned
   * function is called. After half of that it is asked for something that takes it no work: `alive` hears of an answer, which
   * says that it is what was asked before that hangs.
   */
  expectAnswers(limitMs: number, alive: () => void): () => void;
  /** Gives the broker a new secret in place of the one that expires. @throws ConnectionLostError. */
  updateSecret(newSecret: Secret, reason: string): Promise<void>;
  /** Says goodbye to the broker, for at most `limitMs`; resolves when the socket is gone. Never rejects. */
  close(limitMs: number): Promise<void>;
}

// How long a connection that the broker has closed may take to send its last frames before the socket is destroyed.
const LAST_FRAMES_MS = 500;

/** What the AMQP handshake says. */
export interface HandshakeWords {
  readonly address: BrokerAddress;
  readonly identity: Identity;
  readonly mechanism: AuthMechanism;
  readonly heartbeatMs: number;
  readonly frameMax: number;
  readonly channelMax: number;
  readonly clientProperties: Readonly<Record<string, unknown>>;
}

/**
 * Dials and shakes hands, until the signal aborts; over TLS on a socket that is connected already.
 * @throws what net, tls and amqplib do.
 */
export async function openModel(
  { address, identity, mechanism, heartbeatMs, frameMax, channelMax, clientProperties }: HandshakeWords,
  handshake: Handshake,
  socketOptions: Readonly<Record<string, unknown>>,
): Promise<ChannelModel> {
  const isGuarded = guardAmqplib();
  const { username, password } = identity;
  const response = sasl[mechanism](username, password.reveal()).response();
  watchHandshake(response, handshake);
  // amqplib hands options on to net.connect or tls.connect as they are, and its types do not know all of those.
  const target = {
    protocol: address.tls ? 'amqps' : 'amqp',
    hostname: address.hostname,
    port: address.port,
    // amqplib unescapes it, as if it came out of a URL.
    vhost: encodeURIComponent(address.virtualHost),
    heartbeat: heartbeatMs / 1000,
    frameMax,
    channelMax,
    maxFrameSize: FRAME_BYTES_AT_MOST,
  };
  const options = {
    // Over TLS, pieces are small as they come.
    ...(isGuarded && !address.tls ? readIntoOneBuffer(() => handshake.socket) : {}),
    ...socketOptions,
    clientProperties,
    credentials: { mechanism, response: () => response },
  };
  return connect(target as Parameters<typeof connect>[0], options as Parameters<typeof connect>[1]);
}

const sasl: Readonly<Record<AuthMechanism, (username: string, password: string) => { response(): Buffer }>> = {
  PLAIN: credentials.plain,
  AMQPLAIN: credentials.amqplain,
  EXTERNAL: credentials.external,
};

// RabbitMQ does not split a message's headers, so a client with larger frames can send some that are larger than ours.
// Far above those, and far below what would fill the memory.
const FRAME_BYTES_AT_MOST = 1_048_576;

/** A connection of amqplib, open until it ends. */
export class AmqplibLink implements Link, Beating {
  readonly host: string;
  readonly ended: Promise<ConnectionLostError>;
  readonly #model: ChannelModel;
  readonly #listener: LinkListener;
  readonly #insides: AmqplibInsides;
  readonly #frames: FrameQueue | undefined;
  readonly #received: WholeFrames | undefined;
  readonly #heartbeat: Heartbeat;
  readonly #socketClosed: Promise<void>;
  readonly #closing = new AbortController();
  #resolveEnded!: (reason: ConnectionLostError) => void;
  #blocked = false;
  #roundTrip: RoundTrip | undefined;
  #reason: ConnectionLostError | undefined;

  constructor(host: string, model: ChannelModel, listener: LinkListener, heartbeats: LinkHeartbeats) {
    this.host = host;
    this.#listener = listener;
    this.#model = model;
    this.#insides = model.connection as unknown as AmqplibInsides;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#socketClosed = new Promise((resolve) => {
      this.#insides.stream.once('close', () => resolve());
    });
    // `close` follows `error`, and brings the reason along where there is one; a lone `error` must not crash the host.
    model.on('error', (error) => this.#end(lostError(host, error)));
    model.on('close', (error) => this.#end(lostError(host, error)));
    model.on('blocked', (reason) => {
      this.#blocked = true;
      listener.blocked(this, reason);
    });
    model.on('unblocked', () => {
      this.#blocked = false;
      listener.unblocked(this);
    });
    this.#frames = writeFramesTogether(this.#insides);
    this.#received = readWholeFrames(this.#insides);
    // One listener for each consumer is no leak: Node 20 would warn of the eleventh.
    setMaxListeners(0, this.#closing.signal);
    // Never two hearts on one socket: amqplib beats too late, and judges before it has read.
    this.#insides.heartbeater?.clear();
    this.#heartbeat = startHeartbeat<Beating>(this, heartbeats.of(this.#insides.heartbeat * 1000));
    const end = earlyEnd(this.#insides);
    if (end !== undefined) this.#end(lostError(host, end.error));
  }

  get bytesRead(): number {
    return this.#insides.stream.bytesRead;
  }

  get bytesWritten(): number {
    return this.#insides.stream.bytesWritten;
  }

  beat(): void {
    this.#insides.sendHeartbeat();
  }

  silent({ observedSilenceMs, cause }: HeartbeatLost): void {
    const middle = (this.#received?.inFrame ?? this.#insides.rest.length > 0) ? ', in the middle of a frame' : '';
    const silence = `${this.host} was silent for ${Math.round(observedSilenceMs)} ms, past its heartbeat${middle}.`;
    this.#end(cause === undefined ? new ConnectionLostError(this.host, silence) : lostError(this.host, cause));
  }

  stalled({ gapMs }: HeartbeatStall): void {
    this.#listener.stalled(gapMs);
  }

  get endReason(): ConnectionLostError | undefined {
    return this.#reason;
  }

  get blocked(): boolean {
    return this.#blocked;
  }

  get roundTrip(): RoundTrip | undefined {
    return this.#roundTrip;
  }

  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  async openChannel(): Promise<Channel> {
    const askedAt = performance.now();
    const channel = await this.#open(() => this.#model.createChannel());
    this.#answered(askedAt, 1);
    // Nothing is published here, and amqplib keeps a list as long as the number that a confirm has.
    channel.removeAllListeners('ack');
    channel.removeAllListeners('nack');
    return channel;
  }

  async isAlive(): Promise<void> {
    const channel = await this.openChannel();
    channel.close().catch(() => {}); // With its link: there is nothing to do, and nobody to tell.
  }

  async openPublishChannel(): Promise<PublishChannel> {
    const askedAt = performance.now();
    const channel = await this.#open(() => this.#model.createConfirmChannel());
    // For the channel, and for confirms on it.
    this.#answered(askedAt, 2);
    return directPublishChannel(channel, this.#insides, this.#frames) ?? new PlainPublishChannel(channel);
  }

  expectAnswers(limitMs: number, alive: () => void): () => void {
    const insides = this.#insides;
    let asked = false;
    const limit = setTimeout(() => {
      if (asked) {
        const text = `${this.host} answered nothing for ${limitMs} ms while channels and consumers were set up.`;
        return this.#end(new ConnectionLostError(this.host, text));
      }
      asked = true;
      limit.refresh();
      this.isAlive().then(alive, () => {});
    }, limitMs / 2);
    const { accept } = insides;
    const accepting = (frame: { readonly id?: number }): unknown => {
      if (isAnswer(frame)) limit.refresh();
      return accept.call(insides, frame);
    };
    insides.accept = accepting;
    return () => {
      clearTimeout(limit);
      if (insides.accept === accepting) insides.accept = accept;
    };
  }

  async updateSecret(newSecret: Secret, reason: string): Promise<void> {
    if (this.#reason !== undefined) throw this.#reason;
    const lost = this.ended.then((error) => Promise.reject(error));
    try {
      await Promise.race([this.#model.updateSecret(Buffer.from(newSecret.reveal()), reason), lost]);
    } catch (error) {
      throw this.#reason ?? lostError(this.host, error);
    }
  }

  async close(limitMs: number): Promise<void> {
    if (this.#reason !== undefined) return this.#socketClosed;
    this.#closing.abort();
    // The goodbye goes to the socket directly, and the broker reads nothing that comes after it.
    this.#frames?.write();
    const limit = setTimeout(() => this.#end(closedByUs(this.host)), limitMs);
    this.#model.close().catch((error: Error) => this.#end(lostError(this.host, error)));
    await this.ended;
    clearTimeout(limit);
    await this.#socketClosed;
  }

  async #open<C extends Channel>(create: () => Promise<C>): Promise<C> {
    if (this.#reason !== undefined) throw this.#reason;
    try {
      const channel = await create();
      // An unheard 'error' would crash the host; who needs the reason listens as well.
      channel.on('error', () => {});
      return channel;
    } catch (error) {
      // With its link, or by the broker's word or its channel_max.
      throw this.#reason ?? channelError(`opening a channel on ${this.host}`, error);
    }
  }

  #answered(askedAt: number, questions: number): void {
    const answeredAt = performance.now();
    this.#roundTrip = { ms: (answeredAt - askedAt) / questions, answeredAt };
  }

  #end(reason: ConnectionLostError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#heartbeat.stop();
    this.#insides.heartbeater?.clear();
    const socket = this.#insides.stream;
    // A socket destroyed with an error makes amqplib fail everything that still waits on it; without one it would hang.
    const destroy = () => socket.destroy(reason);
    if (socket.writableEnded && !socket.destroyed) {
      const limit = setTimeout(destroy, LAST_FRAMES_MS);
      socket.once('close', () => clearTimeout(limit));
      socket.destroySoon();
    } else {
      destroy();
    }
    this.#resolveEnded(reason);
  }
}

const BASIC_DELIVER = 0x003c_003c;

/** A method, and not a delivery, which comes by itself. */
function isAnswer({ id }: { readonly id?: number }): boolean {
  return id !== undefined && id > 0xffff && id !== BASIC_DELIVER;
}

function closedByUs(host: string): ConnectionLostError {
  return new ConnectionLostError(host, `The connection to ${host} was closed by this process.`);
}
