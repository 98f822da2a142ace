import type { BrokerAddress } from '@leveret/url/rabbitmq';
import { describeError } from './describe-error.js';
import {
  type ArgumentMismatch,
  ConnectionLostError,
  DeclarationError,
  DestinationNotFoundError,
  type TransportError,
} from './errors.js';

/** `host:port`, with brackets around IPv6. */
export function formatHost({ hostname, port }: Pick<BrokerAddress, 'hostname' | 'port'>): string {
  return hostname.includes(':') ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** Why an open connection ended. */
export function lostError(host: string, error: unknown): ConnectionLostError {
  if (error instanceof ConnectionLostError) return error;
  if (error === undefined) return new ConnectionLostError(host, `The connection to ${host} was closed.`);
  const cause = asError(error);
  return new ConnectionLostError(host, `The connection to ${host} was lost: ${describeError(cause)}.`, { cause });
}

/** What the broker's refusal of a declare, bind, consume or publish means. `doing` ends "while …". */
export function channelError(doing: string, error: unknown): TransportError {
  const cause = asError(error);
  const code = Number((cause as { code?: unknown }).code);
  const reason = /with message "([\s\S]*)"$/.exec(cause.message)?.[1] ?? cause.message;
  if (code === 404)
    return new DestinationNotFoundError(`The broker found nothing while ${doing}: ${reason}`, { cause });
  const mismatch = mismatchOf(reason);
  if (mismatch !== undefined) {
    const { argument, declared, existing } = mismatch;
    return new DeclarationError(
      code || 0,
      `The broker refused while ${doing}: it exists with ${argument} ${existing}, and was declared with ${declared}. Declare it alike everywhere, or delete it first. ${reason}`,
      { cause, mismatch },
    );
  }
  return new DeclarationError(code || 0, `The broker refused while ${doing}: ${reason}`, { cause });
}

/** RabbitMQ's words for an entity that is not as declared. */
function mismatchOf(reason: string): ArgumentMismatch | undefined {
  const [, argument, declared, existing] =
    /inequivalent arg '([^']*)' for .*: received (.*) but current is (.*)$/.exec(reason) ?? [];
  if (argument === undefined || declared === undefined || existing === undefined) return undefined;
  return { argument, declared, existing };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
