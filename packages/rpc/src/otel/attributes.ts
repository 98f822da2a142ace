import type { Attributes } from '@opentelemetry/api';
import type { ClientCall } from '../client-middleware.js';
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

/** Attributes of a span of this call. */
export function spanAttributes(
  call: ClientCall | ServerCall,
  rpcMethod: string,
  operation: { readonly name: string; readonly type: 'send' | 'process' },
): Attributes {
  const { destination, uniqueId, messageId } = call;
  const { exchange, routingKey } = destination;
  return {
    'rpc.system.name': RPC_SYSTEM,
    'rpc.method': rpcMethod,
    'messaging.system': 'rabbitmq',
    'messaging.operation.name': operation.name,
    'messaging.operation.type': operation.type,
    'messaging.destination.name': isFanout(destination) ? exchange : `${exchange}:${routingKey}`,
    ...(isFanout(destination) ? {} : { 'messaging.rabbitmq.destination.routing_key': routingKey }),
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
