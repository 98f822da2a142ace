import type { Published } from './fake-transport.js';

/** A message as it was recorded on the wire. */
export interface WireMessage {
  readonly exchange: string;
  readonly routing_key: string;
  readonly mandatory: boolean;
  readonly properties: {
    content_type: string;
    content_encoding: string;
    headers: object;
    delivery_mode: number;
    priority: number;
    expiration?: string;
  };
  readonly body_utf8: string;
  readonly decoded?: { 'oslo.message': Record<string, unknown> };
}

type Sending = Pick<WireMessage, 'exchange' | 'routing_key' | 'mandatory' | 'properties'>;

/** Where a message goes and with which properties, in the words of the recording. Ids are blanked. */
export function sendingOf({ exchange, routingKey, options }: Published): Sending {
  return {
    exchange,
    routing_key: blank(routingKey),
    mandatory: options.mandatory ?? false,
    properties: {
      content_type: options.contentType ?? '',
      content_encoding: options.contentEncoding ?? '',
      headers: options.headers ?? { missing: true },
      delivery_mode: options.persistent === true ? 2 : 1,
      priority: options.priority ?? -1,
      ...(options.expirationMs === undefined ? {} : { expiration: String(options.expirationMs) }),
    },
  };
}

/** The same of a recorded message. */
export function recordedSending({ exchange, routing_key, mandatory, properties }: WireMessage): Sending {
  return { exchange, routing_key: blank(routing_key), mandatory, properties };
}

const blank = (routingKey: string): string => routingKey.replace(/[0-9a-f]{32}$/u, 'ID');
