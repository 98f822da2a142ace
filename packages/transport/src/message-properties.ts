import type { PublishOptions } from './publish-options.js';

/** A message's properties under the names they have in AMQP. */
export interface MessageProperties {
  contentType?: string;
  contentEncoding?: string;
  headers: Readonly<Record<string, unknown>>;
  deliveryMode: number;
  priority?: number;
  correlationId?: string;
  replyTo?: string;
  expiration?: string;
  messageId?: string;
  /** Seconds since 1970. */
  timestamp?: number;
  type?: string;
  userId?: string;
  appId?: string;
}

const NO_HEADERS: Readonly<Record<string, unknown>> = /* @__PURE__ */ Object.freeze({});

export function messageProperties(options: PublishOptions): MessageProperties {
  const deliveryMode = options.deliveryMode ?? (options.persistent === false ? 1 : 2);
  const properties: MessageProperties = { headers: options.headers ?? NO_HEADERS, deliveryMode };
  if (options.contentType !== undefined) properties.contentType = options.contentType;
  if (options.contentEncoding !== undefined) properties.contentEncoding = options.contentEncoding;
  if (options.priority !== undefined) properties.priority = options.priority;
  if (options.correlationId !== undefined) properties.correlationId = options.correlationId;
  if (options.replyTo !== undefined) properties.replyTo = options.replyTo;
  if (options.expirationMs !== undefined) properties.expiration = String(options.expirationMs);
  if (options.messageId !== undefined) properties.messageId = options.messageId;
  if (options.timestamp !== undefined) properties.timestamp = Math.floor(options.timestamp.getTime() / 1000);
  if (options.type !== undefined) properties.type = options.type;
  if (options.userId !== undefined) properties.userId = options.userId;
  if (options.appId !== undefined) properties.appId = options.appId;
  return properties;
}
