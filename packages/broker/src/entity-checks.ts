import { randomBytes } from 'node:crypto';
import { type AmqpFailure, channelFailure } from './failure.js';
import type { Queue } from './queue.js';

/** Throws 405 RESOURCE_LOCKED when another connection has the queue for itself. */
export function checkAccess(queue: Queue, owner: object): void {
  if (queue.exclusiveOwner !== undefined && queue.exclusiveOwner !== owner) throw locked(queue);
}

/** 405 RESOURCE_LOCKED */
export function locked({ name, virtualHost }: Queue): AmqpFailure {
  return channelFailure(
    405,
    `cannot obtain exclusive access to locked queue '${name}' in vhost '${virtualHost}'. It could be originally declared on ` +
      'another connection or the exclusive property value does not match that of the original declaration.',
  );
}

/** Throws 403 ACCESS_REFUSED for the default exchange. */
export function refuseDefault(exchange: string): void {
  if (exchange === '') throw channelFailure(403, 'operation not permitted on the default exchange');
}

/** Throws 403 ACCESS_REFUSED for a name that only the broker gives. */
export function refuseReserved(kind: 'exchange' | 'queue', name: string): void {
  if (name.startsWith('amq.')) throw channelFailure(403, `${kind} name '${name}' contains reserved prefix 'amq.*'`);
}

/** A name for a queue that was declared without one. */
export function madeUpName(): string {
  return `amq.gen-${randomBytes(16).toString('base64url')}`;
}

/** A name as it counts: RabbitMQ leaves line breaks out of names, and says nothing. */
export function withoutLineBreaks(name: string): string {
  return name.replaceAll(/[\r\n]/g, '');
}
