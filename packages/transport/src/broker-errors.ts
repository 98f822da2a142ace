import type { BrokerAddress } from '@leveret/url/rabbitmq';
import {
  type ArgumentMismatch,
  ConnectionLostError,
  ConnectionRefusedError,
  DeclarationError,
  DestinationNotFoundError,
  type TransportError,
} from './errors.js';

/** `host:port`, with brackets around IPv6. */
export function formatHost({ hostname, port }: Pick<BrokerAddress, 'hostname' | 'port'>): string {
  return hostname.includes(':') ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

const CERTIFICATE_CODES = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** What a failed dial means: a refusal (as we are, never), or a passing fault (perhaps later). */
export function dialError(address: BrokerAddress, error: unknown): ConnectionRefusedError | ConnectionLostError {
  const host = formatHost(address);
  const cause = asError(error);
  const text = cause.message;
  if (/ACCESS[-_]REFUSED/.test(text)) {
    return new ConnectionRefusedError(
      host,
      'credentials',
      `${host} refused user '${address.username}': wrong user name or password. Check the credentials in the transport URL.`,
      { cause },
    );
  }
  // amqplib does not show the broker's words here, but only the virtual host is asked for between Tune-Ok and Open-Ok.
  if (/Expected ConnectionOpenOk; got <ConnectionClose/.test(text) || /NOT[-_]ALLOWED/.test(text)) {
    return new ConnectionRefusedError(
      host,
      'virtual-host',
      `${host} refused virtual host '${address.virtualHost}' for user '${address.username}': it does not exist, the user may not use it, or its connection limit is reached. Create it, or give the user permissions on it.`,
      { cause },
    );
  }
  if (CERTIFICATE_CODES.has(String((cause as NodeJS.ErrnoException).code))) {
    return new ConnectionRefusedError(
      host,
      'tls',
      `The certificate of ${host} does not verify (${text}). Pass its authority as tls.ca, and connect by a name that the certificate holds.`,
      { cause },
    );
  }
  if (/exceeds maxFrameSize|Invalid frame|Unknown frame type|SSL routines|wrong version number/.test(text)) {
    return new ConnectionRefusedError(
      host,
      'protocol',
      `${host} does not answer in AMQP 0-9-1${address.tls ? ' over TLS' : ''}. Check host, port and whether TLS is wanted there.`,
      { cause },
    );
  }
  return new ConnectionLostError(host, `Could not connect to ${host}: ${describe(cause)}.`, { cause });
}

/** Why an open connection ended. */
export function lostError(host: string, error: unknown): ConnectionLostError {
  if (error instanceof ConnectionLostError) return error;
  if (error === undefined) return new ConnectionLostError(host, `The connection to ${host} was closed.`);
  const cause = asError(error);
  return new ConnectionLostError(host, `The connection to ${host} was lost: ${describe(cause)}.`, { cause });
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

function describe(error: Error): string {
  // Happy eyeballs: the list of attempts says more than "AggregateError".
  if (error instanceof AggregateError) return error.errors.map((each: Error) => each.message).join('; ');
  const code = (error as NodeJS.ErrnoException).code;
  return error.message || (code === undefined ? error.name : String(code));
}
