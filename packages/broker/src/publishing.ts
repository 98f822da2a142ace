import type { Channel } from './channel.js';
import { decodeContentHeader, encodeContent } from './codec/frames.js';
import { encodeMethod, type MethodFields } from './codec/methods.js';
import { REPLY_ADDRESS } from './direct-replies.js';
import { checkPublishable } from './exchange.js';
import { checkExpiration } from './expiration.js';
import { channelFailure, connectionFailure } from './failure.js';
import { Message } from './message.js';
import { withoutBcc } from './routing/routing-keys.js';

type Publish = MethodFields<'basic.publish'>;

/** What the content of a publish still lacks. */
type Assembly =
  | { readonly expects: 'header'; readonly publish: Publish }
  | {
      readonly expects: 'body';
      readonly publish: Publish;
      readonly properties: Buffer;
      readonly size: number;
      readonly pieces: Buffer[];
      received: number;
      /** Bytes that the memory knows of. */
      accounted: number;
    };

const NOTHING = Buffer.alloc(0);
const CLASS_BASIC = 60;
// A small message must not keep all that came with it from the socket alive.
const COPY_BELOW = 2048;

/** The publishing half of a channel: puts contents together, routes them, and confirms. */
export class Publishing {
  readonly #channel: Channel;
  #assembly: Assembly | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  get unfinished(): boolean {
    return this.#assembly !== undefined;
  }

  /** A method came: there must be no unfinished content. */
  expectMethod(): void {
    if (this.#assembly === undefined) return;
    throw this.#assembly.expects === 'header'
      ? connectionFailure(505, `expected content header for class ${CLASS_BASIC}, got non content header frame instead`)
      : connectionFailure(505, `expected content body, got non content body frame instead`);
  }

  begin(publish: Publish): void {
    this.#assembly = { expects: 'header', publish };
  }

  header(payload: Buffer): void {
    const assembly = this.#assembly;
    if (assembly === undefined) {
      throw connectionFailure(505, 'expected method frame, got non method frame instead');
    }
    if (assembly.expects === 'body') {
      throw connectionFailure(505, 'expected content body, got non content body frame instead');
    }
    const { classId, bodySize, propertyOctets } = decodeContentHeader(payload);
    if (classId !== CLASS_BASIC) {
      throw connectionFailure(
        505,
        `expected content header for class ${CLASS_BASIC}, got one for class ${classId} instead`,
      );
    }
    this.#assembly = undefined;
    const { messageBytes } = this.#channel.session.host.settings.limits;
    if (bodySize > messageBytes) {
      // Told before it has come, so that it need not be kept; the frames of its body are ignored with the channel.
      throw channelFailure(406, `message size ${bodySize} is larger than configured max size ${messageBytes}`);
    }
    if (bodySize === 0) {
      this.#complete(assembly.publish, propertyOctets, NOTHING);
    } else {
      this.#assembly = {
        ...assembly,
        expects: 'body',
        properties: propertyOctets,
        size: bodySize,
        pieces: [],
        received: 0,
        accounted: 0,
      };
    }
  }

  body(payload: Buffer): void {
    const assembly = this.#assembly;
    if (assembly?.expects !== 'body') {
      throw connectionFailure(
        505,
        assembly === undefined
          ? 'expected method frame, got non method frame instead'
          : `expected content header for class ${CLASS_BASIC}, got non content header frame instead`,
      );
    }
    const { pieces, size } = assembly;
    const received = assembly.received + payload.length;
    if (received > size) {
      // RabbitMQ goes on waiting then, and refuses the next method; nothing of it needs to be kept.
      this.#forget(assembly);
      assembly.received = received;
      return;
    }
    if (received < size) {
      assembly.received = received;
      assembly.accounted = received;
      pieces.push(payload);
      this.#channel.session.host.memory.account(payload.length);
      return;
    }
    this.#assembly = undefined;
    if (pieces.length > 0) this.#channel.session.host.memory.account(payload.length - size);
    pieces.push(payload);
    this.#complete(assembly.publish, assembly.properties, pieces.length === 1 ? payload : Buffer.concat(pieces, size));
  }

  /** Forgets what is unfinished. */
  abandon(): void {
    const assembly = this.#assembly;
    this.#assembly = undefined;
    if (assembly?.expects === 'body') this.#forget(assembly);
  }

  #forget(assembly: Extract<Assembly, { expects: 'body' }>): void {
    this.#channel.session.host.memory.account(-assembly.accounted);
    assembly.accounted = 0;
    assembly.pieces.length = 0;
  }

  #complete(publish: Publish, properties: Buffer, body: Buffer): void {
    const channel = this.#channel;
    const { host, virtualHost } = channel.session;
    const { counters, publishSeam } = host;
    counters.published += 1;
    if (publish.immediate) throw connectionFailure(540, 'immediate=true');
    channel.demand('write', 'exchange', publish.exchange);
    checkPublishable(virtualHost.exchange(publish.exchange));
    const message = this.#checked(kept(publish, properties, body));
    const queues = virtualHost.route(message);
    const delivered = withoutBcc(message);
    const deliveryTag = channel.confirms?.next() ?? 0;
    if (publishSeam.active) {
      publishSeam.published(channel, deliveryTag, delivered);
      if (deliveryTag > 0 && publishSeam.refuses(channel)) {
        this.#settle(deliveryTag, false);
        return;
      }
    }
    const direct = publish.exchange === '' && host.directReplies.deliver(publish.routingKey, delivered);
    let accepted = true;
    for (let index = 0; index < queues.length; index += 1) {
      if (!queues[index]?.publish(delivered)) accepted = false;
    }
    if (queues.length === 0) {
      if (!direct) counters.unroutable += 1;
      // RabbitMQ returns a direct reply too, though it was delivered.
      if (publish.mandatory) this.#return(delivered);
    }
    if (deliveryTag > 0) this.#settle(deliveryTag, accepted);
  }

  #settle(deliveryTag: number, acknowledged: boolean): void {
    const channel = this.#channel;
    const { confirms, session } = channel;
    session.host.counters[acknowledged ? 'confirmed' : 'nacked'] += 1;
    if (session.host.publishSeam.active && session.host.publishSeam.holds(channel, deliveryTag, acknowledged)) {
      confirms?.hold(deliveryTag);
      return;
    }
    if (acknowledged) confirms?.accepted(deliveryTag);
    else confirms?.refused(deliveryTag);
    // A run of confirms is told when what has come is worked through.
    session.wire.wake();
  }

  /** Throws the failure of properties that a broker cannot accept; turns the direct reply address into this channel's. */
  #checked(message: Message): Message {
    const { session } = this.#channel;
    const { userId, expiration, replyTo } = message.properties;
    if (userId !== undefined && userId !== session.user) {
      throw channelFailure(406, `user_id property set to '${userId}' but authenticated user was '${session.user}'`);
    }
    if (expiration !== undefined) checkExpiration(expiration);
    if (replyTo !== REPLY_ADDRESS) return message;
    return session.host.directReplies.addressed(this.#channel, message);
  }

  #return(message: Message): void {
    const channel = this.#channel;
    const { exchange, routingKey, propertyOctets, body } = message;
    const method = encodeMethod(channel.number, 'basic.return', {
      replyCode: 312,
      replyText: 'NO_ROUTE',
      exchange,
      routingKey,
    });
    channel.session.host.counters.returned += 1;
    for (const piece of encodeContent(channel.number, method, propertyOctets, body, channel.session.frameMax)) {
      channel.session.wire.send(piece);
    }
  }
}

function kept({ exchange, routingKey }: Publish, properties: Buffer, body: Buffer): Message {
  if (body.length >= COPY_BELOW || body.buffer.byteLength <= 2 * COPY_BELOW) {
    return new Message(exchange, routingKey, properties, body);
  }
  return new Message(exchange, routingKey, Buffer.from(properties), Buffer.from(body));
}
