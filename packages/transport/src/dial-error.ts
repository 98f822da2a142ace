import type { BrokerAddress } from '@leveret/url/rabbitmq';
import { formatHost } from './broker-errors.js';
import type { AuthMechanism } from './credentials.js';
import { describeError } from './describe-error.js';
import { ConnectionLostError, ConnectionRefusedError, type RefusalReason } from './errors.js';
import type { CloseReason, Handshake } from './handshake.js';
import { spokenProtocol } from './spoken-protocol.js';
import { tlsError } from './tls-error.js';

/** How far a dial is. */
export type DialPhase = 'credentials' | 'tls-options' | 'tcp' | 'tls' | 'amqp';

/** What is known of a dial when it fails. */
export interface DialFacts {
  readonly address: BrokerAddress;
  readonly mechanism: AuthMechanism;
  phase: DialPhase;
  username: string;
  handshake: Handshake | undefined;
}

/** What a failed dial means: a refusal (as we are, never), or a passing fault (perhaps later). */
export function dialError(facts: DialFacts, error: unknown): ConnectionRefusedError | ConnectionLostError {
  if (error instanceof ConnectionRefusedError || error instanceof ConnectionLostError) return error;
  const host = formatHost(facts.address);
  const cause = error instanceof Error ? error : new Error(String(error));
  const close = facts.handshake?.closed ?? closeReason(cause.message);
  return (
    (close && closedError(facts, close, cause)) ??
    loginError(facts, cause) ??
    tlsError(host, facts.address.tls, cause) ??
    protocolError(facts, cause) ??
    endedError(facts, cause)
  );
}

const PHASES: Readonly<Record<DialPhase, { readonly name: string; readonly hint: string }>> = {
  credentials: { name: 'asking the option credentials', hint: 'It must settle, and should heed its signal.' },
  'tls-options': { name: 'asking the option tls', hint: 'It must settle.' },
  tcp: { name: 'the TCP connection', hint: 'Is the host up, the port right, and reachable from here?' },
  tls: { name: 'the TLS handshake', hint: 'Does it speak TLS on this port?' },
  amqp: { name: 'the AMQP handshake', hint: 'Is it an AMQP broker?' },
};

/** A dial that was not done in its time. */
export function dialTimeout(
  { address, phase, handshake }: DialFacts,
  limitMs: number,
): ConnectionRefusedError | ConnectionLostError {
  const host = formatHost(address);
  const unread = handshake?.unread ?? Buffer.alloc(0);
  const spoken = spokenProtocol(unread);
  if (spoken !== undefined) {
    return new ConnectionRefusedError(host, 'protocol', `${host} is not an AMQP 0-9-1 server: ${spoken}`);
  }
  const { name, hint } = PHASES[phase];
  const part = unread.length > 0 ? `only a part of ${handshake?.step}` : `no ${handshake?.step}`;
  const silent = phase === 'amqp' && handshake !== undefined ? `: ${part} came` : '';
  return new ConnectionLostError(host, `${host} did not complete ${name} within ${limitMs} ms${silent}. ${hint}`);
}

/** The broker said why. */
function closedError(
  { address, username, handshake, mechanism }: DialFacts,
  close: CloseReason,
  cause: Error,
): ConnectionRefusedError | ConnectionLostError {
  const host = formatHost(address);
  const words = close.replyText === '' ? '' : ` The broker says: ${close.replyText}`;
  const refused = (reason: RefusalReason, message: string) =>
    new ConnectionRefusedError(host, reason, `${message}${words}`, { cause });
  const { replyCode, replyText } = close;
  if (replyCode === 403) {
    const local = username === 'guest' ? ' RabbitMQ lets guest in from its own machine only.' : '';
    const which =
      mechanism === 'EXTERNAL'
        ? `${host} refused our client certificate as an identity (EXTERNAL). Its name must be that of a user.`
        : `${host} refused user '${username}': wrong user name or password. Check the credentials.${local}`;
    return refused('credentials', which);
  }
  if (replyCode === 530) {
    if (/limit \(-?\d+\) is reached/.test(replyText)) {
      return refused('connection-limit', `${host} takes no more connections of user '${username}' just now.`);
    }
    if (/frame_max|channel_max/.test(replyText)) {
      return refused('protocol', `${host} does not agree to our limits.`);
    }
    if (/ is down/.test(replyText)) {
      return new ConnectionLostError(host, `${host} has virtual host '${address.virtualHost}' down.${words}`, {
        cause,
      });
    }
    const why = virtualHostFault(replyText);
    return refused(
      'virtual-host',
      `${host} refused virtual host '${address.virtualHost}' for user '${username}': ${why}`,
    );
  }
  const step = handshake === undefined ? '' : ` instead of ${handshake.step}`;
  return new ConnectionLostError(host, `${host} closed the connection${step} (${replyCode}).${words}`, { cause });
}

function virtualHostFault(replyText: string): string {
  if (/not found/.test(replyText)) return 'it does not exist. Create it.';
  if (/access to vhost .* refused/.test(replyText)) return 'the user may not use it. Give it permissions there.';
  return 'it does not exist, the user may not use it, or its connection limit is reached. Create it, or give the user permissions on it.';
}

/** amqplib's words, for where the handshake itself was not seen. */
function closeReason(text: string): CloseReason | undefined {
  const told = /: (\d{3}) \([^)]*\) with message "([\s\S]*)"$/.exec(text);
  if (told) return { replyCode: Number(told[1]), replyText: told[2] ?? '' };
  // Only the virtual host is asked for between Tune-Ok and Open-Ok.
  if (/Expected ConnectionOpenOk; got <ConnectionClose/.test(text)) return { replyCode: 530, replyText: '' };
  return undefined;
}

function loginError({ address, mechanism, handshake }: DialFacts, cause: Error): ConnectionRefusedError | undefined {
  if (!/^SASL mechanism/.test(cause.message)) return undefined;
  const host = formatHost(address);
  const offers = handshake?.mechanisms.join(', ') || 'others';
  return new ConnectionRefusedError(
    host,
    'credentials',
    `${host} does not let clients say who they are by ${mechanism}: it offers ${offers}. Set the option authMechanism.`,
    { cause },
  );
}

/** The server does not speak AMQP 0-9-1 as it must. */
function protocolError({ address, handshake }: DialFacts, cause: Error): ConnectionRefusedError | undefined {
  const host = formatHost(address);
  const refused = (message: string) => new ConnectionRefusedError(host, 'protocol', message, { cause });
  const text = cause.message;
  if (/^Server frameMax/.test(text)) {
    return refused(
      `${host} takes frames of ${handshake?.frameMax} bytes at most, and AMQP demands 4096. Raise its frame_max.`,
    );
  }
  const unexpected = /^Expected (.*); got <?(\w+)/.exec(text) ?? /^(Frame on channel != 0)/.exec(text);
  if (unexpected !== null) {
    const got = unexpected[2] === undefined ? 'a frame of a channel' : unexpected[2];
    return refused(`${host} sent ${got} when ${handshake?.step ?? unexpected[1]} was due: it is no AMQP 0-9-1 broker.`);
  }
  const isNoFrame =
    cause instanceof RangeError ||
    cause instanceof TypeError ||
    /exceeds maxFrameSize|Invalid frame|Unknown/.test(text);
  const spoken = spokenProtocol(handshake?.unread ?? Buffer.alloc(0));
  if (spoken !== undefined) return refused(`${host} is not an AMQP 0-9-1 server: ${spoken}`);
  if (!isNoFrame || handshake?.began === false) return undefined;
  const over = address.tls ? ' over TLS' : '';
  return refused(
    `${host} does not answer in AMQP 0-9-1${over} (${text}). Check host, port and whether TLS is wanted there.`,
  );
}

/** The connection could not be made, or ended on the way. */
function endedError({ address, phase, handshake, username }: DialFacts, cause: Error): ConnectionLostError {
  const host = formatHost(address);
  const told = describeError(cause);
  const lost = (message: string) => new ConnectionLostError(host, message, { cause });
  if (phase === 'tls')
    return lost(`The TLS handshake with ${host} failed: ${told}. Does it want another client certificate?`);
  if (phase !== 'amqp' || handshake === undefined) return lost(`Could not connect to ${host}: ${told}.`);
  const hints = {
    'connection.start': address.tls ? ' Does it want another client certificate?' : ' Is TLS wanted there?',
    'connection.tune': ` Are the credentials of user '${username}' right?`,
    'connection.open-ok': '',
  };
  return lost(`${host} ended the connection before ${handshake.step}: ${told}.${hints[handshake.step]}`);
}
