import { type Heartbeat, startHeartbeat } from '@leveret/heartbeat';
import type { BrokerAddress } from '@leveret/url/rabbitmq';
import { type Channel, type ChannelModel, type ConfirmChannel, connect, credentials } from 'amqplib';
import { guardAmqplib } from './amqplib-guard.js';
import { dialError, formatHost, lostError } from './broker-errors.js';
import { ConnectionLostError } from './errors.js';
import { type FrameInsides, writeFramesTogether } from './frame-writer.js';
import type { ResolvedOptions } from './options.js';

export type { Channel, ConfirmChannel, ConsumeMessage, Message, Options as AmqplibOptions } from 'amqplib';

// The one file that imports amqplib, and with frame-writer.ts the one that touches its insides: its socket and its
// heartbeater are not in its types.
interface AmqplibInsides extends FrameInsides {
  readonly heartbeat: number;
  readonly heartbeater: { clear(): void } | null;
  sendHeartbeat(): void;
}

/** What the owner of a link hears while it lives. */
export interface LinkListener {
  blocked(link: Link, reason: string): void;
  unblocked(link: Link): void;
  stalled(gapMs: number): void;
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
  /** Aborts just before our goodbye, the last moment to write something; not when the link is lost. */
  readonly closing: AbortSignal;
  openChannel(): Promise<Channel>;
  openConfirmChannel(): Promise<ConfirmChannel>;
  /** Says goodbye to the broker, for at most `limitMs`; resolves when the socket is gone. Never rejects. */
  close(limitMs: number): Promise<void>;
}

// How long a connection that the broker has closed may take to send its last frames before the socket is destroyed.
const LAST_FRAMES_MS = 500;

/**
 * Dials one broker: TCP, TLS and the AMQP handshake, within `options.connectTimeoutMs`.
 * @throws ConnectionRefusedError, ConnectionLostError, `signal.reason`.
 */
export async function dial(
  address: BrokerAddress,
  options: ResolvedOptions,
  listener: LinkListener,
  signal: AbortSignal,
): Promise<Link> {
  signal.throwIfAborted();
  guardAmqplib();
  const host = formatHost(address);
  // The signal destroys the socket, whatever phase amqplib is in: it has no limit of its own on a silent server.
  const attempt = new AbortController();
  const limit = setTimeout(() => {
    attempt.abort(
      new ConnectionLostError(
        host,
        `${host} did not complete the connection within ${options.connectTimeoutMs} ms. Is it an AMQP broker, and reachable from here?`,
      ),
    );
  }, options.connectTimeoutMs);
  const onAbort = () => attempt.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    // amqplib hands these on to net.connect or tls.connect as they are; its types do not know the signal.
    const socketOptions = {
      ...(address.tls ? options.tls : {}),
      // Nagle against delayed acknowledgement costs up to 88 ms a call.
      noDelay: true,
      keepAlive: true,
      keepAliveDelay: 60_000,
      credentials: credentials.plain(address.username, address.password.reveal()),
      clientProperties: options.clientProperties,
      signal: attempt.signal,
    };
    const model = await connect(
      {
        protocol: address.tls ? 'amqps' : 'amqp',
        hostname: address.hostname,
        port: address.port,
        // amqplib unescapes it, as if it came out of a URL.
        vhost: encodeURIComponent(address.virtualHost),
        heartbeat: options.heartbeatMs / 1000,
        frameMax: options.frameMax,
      },
      socketOptions as Parameters<typeof connect>[1],
    );
    return new AmqplibLink(host, model, listener);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (attempt.signal.aborted) throw attempt.signal.reason;
    throw dialError(address, error);
  } finally {
    clearTimeout(limit);
    signal.removeEventListener('abort', onAbort);
  }
}

class AmqplibLink implements Link {
  readonly host: string;
  readonly ended: Promise<ConnectionLostError>;
  readonly #model: ChannelModel;
  readonly #insides: AmqplibInsides;
  readonly #writeFrames: () => void;
  readonly #heartbeat: Heartbeat;
  readonly #socketClosed: Promise<void>;
  readonly #closing = new AbortController();
  #resolveEnded!: (reason: ConnectionLostError) => void;
  #blocked = false;
  #reason: ConnectionLostError | undefined;

  constructor(host: string, model: ChannelModel, listener: LinkListener) {
    this.host = host;
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
    this.#writeFrames = writeFramesTogether(this.#insides);
    // Never two hearts on one socket: amqplib beats too late, and judges before it has read.
    this.#insides.heartbeater?.clear();
    this.#heartbeat = startHeartbeat(this.#insides.stream, {
      intervalMs: this.#insides.heartbeat * 1000,
      beat: () => this.#insides.sendHeartbeat(),
      lost: ({ observedSilenceMs }) => {
        this.#end(
          new ConnectionLostError(
            host,
            `${host} was silent for ${Math.round(observedSilenceMs)} ms, past its heartbeat.`,
          ),
        );
      },
      onStall: ({ gapMs }) => listener.stalled(gapMs),
    });
  }

  get endReason(): ConnectionLostError | undefined {
    return this.#reason;
  }

  get blocked(): boolean {
    return this.#blocked;
  }

  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  openChannel(): Promise<Channel> {
    return this.#open(() => this.#model.createChannel());
  }

  openConfirmChannel(): Promise<ConfirmChannel> {
    return this.#open(() => this.#model.createConfirmChannel());
  }

  async close(limitMs: number): Promise<void> {
    if (this.#reason !== undefined) return this.#socketClosed;
    this.#closing.abort();
    // The goodbye goes to the socket directly, and the broker reads nothing that comes after it.
    this.#writeFrames();
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
      throw this.#reason ?? lostError(this.host, error);
    }
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

function closedByUs(host: string): ConnectionLostError {
  return new ConnectionLostError(host, `The connection to ${host} was closed by this process.`);
}
