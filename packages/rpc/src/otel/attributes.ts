import type { Attributes } from '@opentelemetry/api';
import type { ClientCall, MessageDestination } from '../client-middleware.js';
import type { ServerCall } from '../server-middleware.js';

/** What speaks here: the value of `rpc.system.name`. */
export const RPC_SYSTEM = 'oslo.messaging';

/** For what is not known: a method that no server has, an error without a name. */
export const OTHER = '_OTHER';

const isFanout = ({ routingKey }: { readonly routingKey: string }): boolean => routingKey === '';

/** The method as the interface has it: `volumes/resize`, in a namespace `volumes.admin/resize`. */
export function qualifiedMethod(topic: string | null, namespace: string | null, method: string): string {
  return `${topic ?? OTHER}${namespace === null ? '' : `.${namespace}`}/${method}`;
}

/** Exchange and topic, without the name of a server: few enough to name spans. */
export function destinationLabel({ target, destination }: ClientCall | ServerCall): string {
  return isFanout(destination) ? destination.exchange : `${destination.exchange}:${target.topic ?? OTHER}`;
}

/** What is done with a message, in the words of the conventions for messaging. */
export interface Operation {
  readonly name: 'publish' | 'process';
  readonly type: 'send' | 'process';
}

/** Attributes of whatever is done with a message. */
export function messagingAttributes({ name, type }: Operation): Record<string, string> {
  return {
    'messaging.system': 'rabbitmq',
    'messaging.operation.name': name,
    'messaging.operation.type': type,
  };
}

/** Attributes of a span of what goes to, or comes from, there. */
export function destinationAttributes(destination: MessageDestination): Record<string, string> {
  const { exchange, routingKey } = destination;
  if (isFanout(destination)) return { 'messaging.destination.name': exchange };
  return {
    'messaging.destination.name': `${exchange}:${routingKey}`,
    'messaging.rabbitmq.destination.routing_key': routingKey,
  };
}

/** Attributes of a span of this call. */
export function spanAttributes(call: ClientCall | ServerCall, rpcMethod: string, operation: Operation): Attributes {
  const { destination, uniqueId, messageId } = call;
  return {
    'rpc.system.name': RPC_SYSTEM,
    'rpc.method': rpcMethod,
    ...messagingAttributes(operation),
    ...destinationAttributes(destination),
    ...(uniqueId === null ? {} : { 'messaging.message.id': uniqueId }),
    ...(messageId === null ? {} : { 'messaging.message.conversation_id': messageId }),
  };
}

/** A Python class by its module, an error of ours by its code, any other by its name. */
export function errorType(error: unknown): string {
  try {
    if (typeof error !== 'object' || error === null) return OTHER;
    const { remoteType, remoteModule, code, name } = error as Readonly<Record<string, unknown>>;
    if (typeof remoteType === 'string') {
      return typeof remoteModule === 'string' && remoteModule !== 'builtins'
        ? `${remoteModule}.${remoteType}`
        : remoteType;
    }
    if (typeof code === 'string') return code;
    return typeof name === 'string' && name !== '' ? name : OTHER;
  } catch {
    // A proxy or a getter that throws.
    return OTHER;
  }
}

/** Whether the server has no such method: then its name is whatever a peer has made up. */
export function isUnknownMethod(error: unknown): boolean {
  const type = errorType(error);
  return type.startsWith('oslo_messaging.rpc.dispatcher.');
}
