/** An exchange, as it is declared before it is used. Two peers that declare it differently cannot both have it (406). */
export interface Exchange {
  readonly name: string;
  readonly type: 'direct' | 'topic' | 'fanout' | 'headers';
  /** Survives a broker restart. Default false. */
  readonly durable?: boolean;
  /** Goes when its last binding goes. Default false. */
  readonly autoDelete?: boolean;
  readonly arguments?: Readonly<Record<string, unknown>>;
  /**
   * `true`: only check that it exists, never create it; a missing one is a DestinationNotFoundError. Default false.
   */
  readonly passive?: boolean;
}

/** A queue, as it is declared before it is consumed from. */
export interface Queue {
  /**
   * `''`: the broker makes one up, another on every connection; the queue must then be `exclusive` or `autoDelete`, or one
   * would stay behind with every connection that is lost. `consumer.queue` tells the name.
   */
  readonly name: string;
  /** Survives a broker restart. Default false. */
  readonly durable?: boolean;
  /** Only this connection may use it, and it goes with the connection. Default false. */
  readonly exclusive?: boolean;
  /** Goes when its last consumer goes. Default false. */
  readonly autoDelete?: boolean;
  /** Queue arguments such as `x-expires` (ms) or `x-queue-type`. */
  readonly arguments?: Readonly<Record<string, unknown>>;
  /**
   * `true`: only check that it exists, never create it; a missing one is a DestinationNotFoundError, and ends a consumer
   * that it had. Its bindings are made all the same. Default false.
   */
  readonly passive?: boolean;
}

/** A queue's subscription to an exchange. */
export interface Binding {
  readonly exchange: Exchange;
  readonly routingKey: string;
}

/** Where a message goes. Without `exchange`: the default exchange, whose routing key is a queue's name. */
export interface Destination {
  /** Declared once per connection before the first message to it. */
  readonly exchange?: Exchange;
  readonly routingKey: string;
  /**
   * Declared as well, and bound to the exchange by the routing key, once per connection before the first message: so that
   * nothing is lost before somebody consumes. Default: none. oslo does so for notifications.
   */
  readonly queue?: Queue;
}

/** Where messages come from: a queue, declared together with its bindings, again on every new connection. */
export interface Source {
  readonly queue: Queue;
  readonly bindings?: readonly Binding[];
}
