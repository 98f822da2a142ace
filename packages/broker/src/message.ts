import { decodeProperties, type Properties } from './codec/properties.js';

const NO_KEYS: readonly string[] = [];

/** A message as it lies in the broker. Its properties stay the octets that came, so nothing is lost on the way through. */
export class Message {
  readonly exchange: string;
  readonly routingKey: string;
  /** The property flags and values of the content header, as on the wire. */
  readonly propertyOctets: Buffer;
  readonly body: Buffer;
  /** The keys of a header BCC that nobody may see any more; a dead letter goes by them again. */
  readonly blindKeys: readonly string[];
  #properties: Properties | undefined;

  constructor(
    exchange: string,
    routingKey: string,
    propertyOctets: Buffer,
    body: Buffer,
    blindKeys: readonly string[] = NO_KEYS,
  ) {
    this.exchange = exchange;
    this.routingKey = routingKey;
    this.propertyOctets = propertyOctets;
    this.body = body;
    this.blindKeys = blindKeys;
  }

  /** The properties read; throws an AmqpFailure when the octets cannot be read. */
  get properties(): Properties {
    this.#properties ??= decodeProperties(this.propertyOctets);
    return this.#properties;
  }

  /** What it counts against limits, in bytes. */
  get size(): number {
    return this.propertyOctets.length + this.body.length;
  }
}
