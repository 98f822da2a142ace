import {
  type Binding,
  type Body,
  type ConsumeOptions,
  type Consumer,
  type ConsumerEnd,
  type Delivery,
  type Destination,
  type Exchange,
  MessageUndeliverableError,
  type PublishOptions,
  type PublishResult,
  type Queue,
  type Source,
  type Transport,
  type TransportHealth,
} from '@leveret/transport';

/** A message as it was given to `publish`. */
export interface Published {
  readonly destination: Destination;
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: string;
  readonly options: PublishOptions;
}

/** What became of a delivery. */
export interface Settlement {
  readonly queue: string;
  readonly action: 'ack' | 'reject' | 'requeue';
}

interface Message {
  readonly published: Published;
  readonly redelivered: boolean;
}

interface FakeQueue {
  readonly declared: Queue;
  readonly messages: Message[];
  readonly unsettled: Set<Message>;
  onDelivery: ((delivery: Delivery) => void | Promise<void>) | undefined;
}

/** A broker's worth of queues in memory: routes, returns what is mandatory, and fails when told to. */
export class FakeTransport implements Transport {
  readonly published: Published[] = [];
  readonly settlements: Settlement[] = [];
  readonly consumed: { source: Source; options: ConsumeOptions }[] = [];
  readonly exchanges: Map<string, Exchange> = new Map();
  readonly cancelled: string[] = [];
  readonly deleted: string[] = [];
  /** Asked for every message; an error that it returns is what `publish` rejects with. */
  onPublish: (published: Published) => unknown = () => undefined;
  /** Awaited by every `consume` before the queue exists. */
  onConsume: (source: Source, signal: AbortSignal | undefined) => unknown = () => undefined;
  onDeleteQueue: (name: string) => unknown = () => undefined;
  /** Awaited by every `publish` after the message is routed. */
  confirm: Promise<void> = Promise.resolve();
  readonly #queues = new Map<string, FakeQueue>();
  #bindings: { exchange: string; routingKey: string; queue: string }[] = [];
  readonly #ends: ((end: ConsumerEnd) => void)[] = [];
  #epoch = 0;
  /** As those of a transport that was given none. */
  options: Transport['options'] = {
    prefetch: undefined,
    missingReplyQueueTimeoutMs: 60_000,
    entities: {
      durable: false,
      autoDelete: false,
      quorum: false,
      transientQuorum: false,
      quorumDeliveryLimit: 0,
      quorumMaxMemoryLength: 0,
      quorumMaxMemoryBytes: 0,
      mirrored: false,
      transientExpiresMs: 1_800_000,
      streamFanout: false,
      cancelOnFailover: false,
      queueManager: false,
      hostName: 'node1',
      processName: 'tests',
    },
  };
  readonly state: { publish: Transport['state']['publish']; consume: Transport['state']['consume'] } = {
    publish: { status: 'open', host: 'fake:5672', blocked: false },
    consume: { status: 'open', host: 'fake:5672', blocked: false },
  };

  connect(): Promise<void> {
    return Promise.resolve();
  }

  async publish(destination: Destination, body: Body, options: PublishOptions = {}): Promise<PublishResult> {
    const exchange = destination.exchange?.name ?? '';
    const published = {
      destination,
      exchange,
      routingKey: destination.routingKey,
      body: Array.isArray(body) ? body.join('') : String(body),
      options,
    };
    this.published.push(published);
    const error = await this.onPublish(published);
    if (error !== undefined) throw error;
    options.signal?.throwIfAborted();
    this.#declareFor(destination);
    const queues = this.#route(published);
    if (queues.length === 0 && options.mandatory === true) {
      throw new MessageUndeliverableError(exchange, destination.routingKey, 312, 'NO_ROUTE');
    }
    for (const queue of queues) this.#put(queue, { published, redelivered: false });
    await this.confirm;
    return { attempts: 1 };
  }

  async consume(
    source: Source,
    onDelivery: (delivery: Delivery) => void | Promise<void>,
    options: ConsumeOptions = {},
  ): Promise<Consumer> {
    this.consumed.push({ source, options });
    const error = await this.onConsume(source, options.signal);
    if (error !== undefined) throw error;
    const { name } = source.queue;
    const queue = this.#queues.get(name) ?? this.#declare(source);
    queue.onDelivery = onDelivery;
    this.#flush(queue);
    let end: (end: ConsumerEnd) => void = () => {};
    const closed = new Promise<ConsumerEnd>((resolve) => {
      end = resolve;
    });
    this.#ends.push((reason) => {
      queue.onDelivery = undefined;
      end(reason);
    });
    return {
      queue: name,
      active: true,
      closed,
      bind: async (binding) => this.#bind(name, binding),
      unbind: async ({ exchange, routingKey }) => {
        this.#bindings = this.#bindings.filter(
          (binding) =>
            !(binding.exchange === exchange.name && binding.routingKey === routingKey && binding.queue === name),
        );
      },
      cancel: async () => {
        queue.onDelivery = undefined;
        this.cancelled.push(name);
        end({ reason: 'cancelled' });
      },
    };
  }

  async deleteQueue(name: string): Promise<void> {
    const error = await this.onDeleteQueue(name);
    if (error !== undefined) throw error;
    this.deleted.push(name);
    this.#queues.delete(name);
  }

  /** All consumers are over, by default as when connecting was given up. */
  endConsumers(reason: ConsumerEnd = { reason: 'connection-closed' }): void {
    for (const end of this.#ends.splice(0)) end(reason);
  }

  async deleteExchange(name: string): Promise<void> {
    this.#bindings = this.#bindings.filter(({ exchange }) => exchange !== name);
    this.exchanges.delete(name);
  }

  async updateSecret(): Promise<void> {}

  /** The connection is gone and back: what was not settled can no longer be, and is delivered again. */
  loseConnection(): void {
    this.#epoch += 1;
    for (const queue of this.#queues.values()) {
      const again = [...queue.unsettled].map((message) => ({ ...message, redelivered: true }));
      queue.unsettled.clear();
      queue.messages.unshift(...again);
      this.#flush(queue);
    }
  }

  /** A way to the consumer of a queue for what was under way to it when it was cancelled. */
  lateHandler(queueName: string): (body: string) => void {
    const queue = this.#queues.get(queueName);
    const onDelivery = queue?.onDelivery;
    if (queue === undefined || onDelivery === undefined) throw new Error(`Nobody consumes from ${queueName}.`);
    return (body) => {
      const destination = { routingKey: queueName };
      const published = { destination, exchange: '', routingKey: queueName, body, options: JSON_PROPERTIES };
      const message = { published, redelivered: false };
      queue.unsettled.add(message);
      void onDelivery(this.#delivery(queue, message));
    };
  }

  /** Puts a message into a queue as a peer would, declaring the queue if there is none. */
  inject(queueName: string, body: string | Buffer, properties: PublishOptions = JSON_PROPERTIES): void {
    const source = { queue: { name: queueName } };
    const queue = this.#queues.get(queueName) ?? this.#declare(source);
    // Latin-1 keeps every byte of a body that is not text.
    const text = typeof body === 'string' ? body : body.toString('latin1');
    const destination = { routingKey: queueName };
    const options = typeof body === 'string' ? properties : { ...properties, messageId: 'latin1' };
    const published = { destination, exchange: '', routingKey: queueName, body: text, options };
    this.#put(queue, { published, redelivered: false });
  }

  /** Declares a queue nobody consumes from. */
  declare(name: string): void {
    this.#declare({ queue: { name } });
  }

  /** Bodies that wait in a queue. */
  waiting(queueName: string): string[] {
    return (this.#queues.get(queueName)?.messages ?? []).map((message) => message.published.body);
  }

  hasQueue(name: string): boolean {
    return this.#queues.has(name);
  }

  health(): TransportHealth {
    return {
      live: true,
      ready: true,
      reasons: { live: [], ready: [] },
      publish: 'open',
      consume: 'open',
      blocked: false,
      consumers: { active: 0, total: 0 },
      messages: { waiting: 0, unconfirmed: 0 },
      roundTrip: { publish: undefined, consume: undefined },
    };
  }

  async checkHealth(): Promise<TransportHealth> {
    return this.health();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #declareFor({ exchange, queue, routingKey }: Destination): void {
    if (queue === undefined || this.#queues.has(queue.name)) return;
    this.#declare({ queue, bindings: exchange === undefined ? [] : [{ exchange, routingKey }] });
  }

  #declare(source: Source): FakeQueue {
    const { queue: declared, bindings = [] } = source;
    const queue: FakeQueue = { declared, messages: [], unsettled: new Set(), onDelivery: undefined };
    this.#queues.set(declared.name, queue);
    for (const binding of bindings) this.#bind(declared.name, binding);
    return queue;
  }

  #bind(queue: string, { exchange, routingKey }: Binding): void {
    this.exchanges.set(exchange.name, exchange);
    this.#bindings.push({ exchange: exchange.name, routingKey, queue });
  }

  #route({ destination, exchange, routingKey }: Published): FakeQueue[] {
    if (destination.exchange === undefined) {
      const queue = this.#queues.get(routingKey);
      return queue === undefined ? [] : [queue];
    }
    this.exchanges.set(exchange, destination.exchange);
    const isFanout = destination.exchange.type === 'fanout';
    return this.#bindings
      .filter((binding) => binding.exchange === exchange && (isFanout || binding.routingKey === routingKey))
      .flatMap((binding) => this.#queues.get(binding.queue) ?? []);
  }

  #put(queue: FakeQueue, message: Message): void {
    queue.messages.push(message);
    this.#flush(queue);
  }

  #flush(queue: FakeQueue): void {
    queueMicrotask(() => {
      for (;;) {
        const { onDelivery } = queue;
        const message = onDelivery === undefined ? undefined : queue.messages.shift();
        if (message === undefined) return;
        queue.unsettled.add(message);
        void onDelivery?.(this.#delivery(queue, message));
      }
    });
  }

  #delivery(queue: FakeQueue, message: Message): Delivery {
    const epoch = this.#epoch;
    const { published, redelivered } = message;
    const { options } = published;
    const settle = (action: Settlement['action']): boolean => {
      if (epoch !== this.#epoch || !queue.unsettled.delete(message)) return false;
      this.settlements.push({ queue: queue.declared.name, action });
      if (action === 'requeue') {
        queue.messages.unshift({ ...message, redelivered: true });
        this.#flush(queue);
      }
      return true;
    };
    return {
      body: Buffer.from(published.body, options.messageId === 'latin1' ? 'latin1' : 'utf8'),
      exchange: published.exchange,
      routingKey: published.routingKey,
      redelivered,
      contentType: options.contentType,
      contentEncoding: options.contentEncoding,
      headers: options.headers ?? {},
      messageId: undefined,
      correlationId: undefined,
      replyTo: undefined,
      type: undefined,
      appId: undefined,
      userId: undefined,
      priority: undefined,
      expirationMs: options.expirationMs,
      timestamp: undefined,
      ack: () => settle('ack'),
      reject: ({ requeue }) => settle(requeue ? 'requeue' : 'reject'),
    };
  }
}

const JSON_PROPERTIES: PublishOptions = { contentType: 'application/json', contentEncoding: 'utf-8', headers: {} };
