import { Socket } from 'node:net';
import { parseTransportUrl } from '@leveret/url';
import { brokerAddresses } from '@leveret/url/rabbitmq';
import { describe, expect, it } from 'vitest';
import { type DialFacts, type DialPhase, dialError, dialTimeout } from './dial-error.js';
import { ConnectionLostError } from './errors.js';
import { Handshake } from './handshake.js';

const [address] = brokerAddresses(parseTransportUrl('rabbit://nova:S3cret@b:5672/cell1'));
if (address === undefined) throw new Error('The URL names a host.');

interface Seen {
  readonly phase?: DialPhase;
  readonly tls?: boolean;
  /** What a watched handshake came to; without it, nothing was seen. */
  readonly frames?: readonly { readonly id: number; readonly fields: Record<string, unknown> }[];
  readonly unread?: Buffer;
}

/** A dial that failed where `seen` says. */
function facts({ phase = 'amqp', tls = false, frames, unread = Buffer.alloc(0) }: Seen = {}): DialFacts {
  let handshake: Handshake | undefined;
  if (frames !== undefined) {
    handshake = new Handshake(() => {});
    const left = [...frames];
    const insides = { stream: new Socket(), rest: unread, recvFrame: () => left.shift() ?? (false as const) };
    handshake.begin(insides);
    while (insides.recvFrame());
    handshake.end();
  }
  return {
    address: { ...address, tls } as typeof address & object,
    mechanism: 'PLAIN',
    phase,
    username: 'nova',
    handshake,
  };
}

const start = { id: 0x000a_000a, fields: { mechanisms: Buffer.from('PLAIN AMQPLAIN') } };
const tune = { id: 0x000a_001e, fields: { frameMax: 1000 } };
const close = (replyCode: number, replyText: string) => ({ id: 0x000a_0032, fields: { replyCode, replyText } });

describe('dialError', () => {
  it.each([
    [
      403,
      'ACCESS_REFUSED - Login was refused',
      'credentials',
      "b:5672 refused user 'nova': wrong user name or password",
    ],
    [
      530,
      'NOT_ALLOWED - vhost cell1 not found',
      'virtual-host',
      "virtual host 'cell1' for user 'nova': it does not exist",
    ],
    [530, "NOT_ALLOWED - access to vhost 'cell1' refused for user 'nova'", 'virtual-host', 'the user may not use it'],
    [
      530,
      "NOT_ALLOWED - connection refused for user 'nova': user connection limit (5) is reached",
      'connection-limit',
      'takes no more connections',
    ],
  ])('reads a close with %d %s as a refusal by %s, and repeats the broker', (code, text, reason, words) => {
    const error = dialError(facts({ frames: [start, tune, close(code, text)] }), new Error('whatever amqplib says'));
    expect(error).toMatchObject({ code: 'ERR_LEVERET_CONNECTION_REFUSED', reason, host: 'b:5672' });
    expect(error.message).toContain(words);
    expect(error.message).toContain(`The broker says: ${text}`);
  });

  it('reads a broker that shuts down, or a virtual host that is down, as a fault that may pass', () => {
    const shutDown = close(320, "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'");
    const down = close(530, "NOT_ALLOWED - vhost 'cell1' is down");
    for (const frame of [shutDown, down]) {
      expect(dialError(facts({ frames: [start, tune, frame] }), new Error('x'))).toBeInstanceOf(ConnectionLostError);
    }
  });

  it.each([
    [
      'Handshake terminated by server: 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - Login was refused"',
      'credentials',
      "b:5672 refused user 'nova'",
    ],
    ['Expected ConnectionOpenOk; got <ConnectionClose channel:0>', 'virtual-host', "refused virtual host 'cell1'"],
    ['Frame size 1345270062 exceeds maxFrameSize 67108864', 'protocol', 'does not answer in AMQP 0-9-1'],
  ])('reads amqplib where the handshake was not seen: %s as a refusal by %s', (text, reason, words) => {
    const error = dialError(facts(), new Error(text));
    expect(error).toMatchObject({ code: 'ERR_LEVERET_CONNECTION_REFUSED', reason, host: 'b:5672' });
    expect(error.message).toContain(words);
  });

  it.each([
    ['HTTP/1.1 400 Bad Request\r\n', 'it answered HTTP'],
    ['\x15\x03\x03\x00\x02\x02\x0a', 'it speaks TLS on this port'],
    ['\x16\x03\x01\x00\xa5', 'it speaks TLS on this port'],
    ['AMQP\x00\x01\x00\x00', 'it wants AMQP 1.0 instead'],
    ['AMQP\x03\x01\x00\x00', 'it wants AMQP 1.0 after SASL instead'],
    ['AMQP\x01\x01\x00\x0a', 'it wants AMQP 0-10 instead'],
    ['AMQP\x01\x01\x08\x00', 'it wants AMQP 0-8 instead'],
    ['SSH-2.0-OpenSSH_9.6\r\n', 'it answered SSH'],
    ['-ERR unknown command\r\n', 'it speaks in lines of text'],
  ])('names what a server speaks: %j', (octets, words) => {
    const seen = facts({ frames: [], unread: Buffer.from(octets, 'latin1') });
    const error = dialError(seen, new Error('Frame size 1345270062 exceeds maxFrameSize 1048576'));
    expect(error).toMatchObject({ reason: 'protocol', message: expect.stringContaining(words) });
  });

  it('names the mechanisms that a server offers', () => {
    const error = dialError(
      facts({ frames: [start] }),
      new Error('SASL mechanism EXTERNAL is not provided by the server'),
    );
    expect(error).toMatchObject({ reason: 'credentials', message: expect.stringContaining('PLAIN, AMQPLAIN') });
  });

  it('names a frame_max that is too small', () => {
    const text = 'Server frameMax 1000 is below the protocol minimum 4096';
    const error = dialError(facts({ frames: [start, tune] }), new Error(text));
    expect(error).toMatchObject({ reason: 'protocol', message: expect.stringContaining('frames of 1000 bytes') });
  });

  it.each([
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls', 'does not verify'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls', 'is for other names'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'protocol', 'does not speak TLS'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'tls', 'wants a client certificate'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'tls', 'refused our client certificate'],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'tls', 'no version of TLS'],
  ])('reads %s as a refusal by %s', (code, reason, words) => {
    const error = dialError(facts({ phase: 'tls', tls: true }), Object.assign(new Error('told'), { code }));
    expect(error).toMatchObject({ code: 'ERR_LEVERET_CONNECTION_REFUSED', reason });
    expect(error.message).toContain(words);
  });

  it('reads everything else as a fault that may pass, and keeps the cause', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5672'), { code: 'ECONNREFUSED' });
    const error = dialError(facts({ phase: 'tcp' }), cause);
    expect(error).toBeInstanceOf(ConnectionLostError);
    expect(error).toMatchObject({ code: 'ERR_LEVERET_CONNECTION_LOST', cause });
    expect(error.message).toBe('Could not connect to b:5672: connect ECONNREFUSED 127.0.0.1:5672.');
  });

  it.each([
    [[], 'before connection.start: ended. Is TLS wanted there?'],
    [[start], "before connection.tune: ended. Are the credentials of user 'nova' right?"],
    [[start, tune], 'before connection.open-ok: ended.'],
  ])('says how far a handshake had come when it was cut: %#', (frames, words) => {
    expect(dialError(facts({ frames }), new Error('ended')).message).toContain(words);
  });

  it('lists every address that happy eyeballs tried', () => {
    const cause = new AggregateError([new Error('connect ::1'), new Error('connect 127.0.0.1')], '');
    expect(dialError(facts({ phase: 'tcp' }), cause).message).toBe(
      'Could not connect to b:5672: connect ::1; connect 127.0.0.1.',
    );
  });
});

describe('dialTimeout', () => {
  it.each([
    [{ phase: 'credentials' }, 'asking the option credentials within 5000 ms'],
    [{ phase: 'tls-options' }, 'asking the option tls within 5000 ms'],
    [{ phase: 'tcp' }, 'the TCP connection within 5000 ms. Is the host up'],
    [{ phase: 'tls' }, 'the TLS handshake within 5000 ms. Does it speak TLS'],
    [{ phase: 'amqp', frames: [start] }, 'the AMQP handshake within 5000 ms: no connection.tune came'],
  ] as const)('names the phase: %o', (seen, words) => {
    const error = dialTimeout(facts(seen), 5000);
    expect(error).toMatchObject({ code: 'ERR_LEVERET_CONNECTION_LOST', message: expect.stringContaining(words) });
  });
});
