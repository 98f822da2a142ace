import { parseTransportUrl } from '@leveret/url';
import { brokerAddresses } from '@leveret/url/rabbitmq';
import { describe, expect, it } from 'vitest';
import { channelError, dialError, formatHost, lostError } from './broker-errors.js';
import { ConnectionLostError, DeclarationError, DestinationNotFoundError } from './errors.js';

const [address] = brokerAddresses(parseTransportUrl('rabbit://nova:S3cret@b:5672/cell1'));
if (address === undefined) throw new Error('The URL names a host.');

describe('dialError', () => {
  it.each([
    [
      'Handshake terminated by server: 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - Login was refused"',
      'credentials',
      "b:5672 refused user 'nova'",
    ],
    ['Expected ConnectionOpenOk; got <ConnectionClose channel:0>', 'virtual-host', "refused virtual host 'cell1'"],
    ['Frame size 1345270062 exceeds maxFrameSize 67108864', 'protocol', 'does not answer in AMQP 0-9-1'],
  ])('reads %s as a refusal by %s', (text, reason, words) => {
    const error = dialError(address, new Error(text));
    expect(error).toMatchObject({ code: 'ERR_LEVERET_CONNECTION_REFUSED', reason, host: 'b:5672' });
    expect(error.message).toContain(words);
  });

  it('reads a certificate that does not verify as a refusal by TLS', () => {
    const error = Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(dialError(address, error)).toMatchObject({ code: 'ERR_LEVERET_CONNECTION_REFUSED', reason: 'tls' });
  });

  it('reads everything else as a fault that may pass, and keeps the cause', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5672'), { code: 'ECONNREFUSED' });
    const error = dialError(address, cause);
    expect(error).toBeInstanceOf(ConnectionLostError);
    expect(error).toMatchObject({ code: 'ERR_LEVERET_CONNECTION_LOST', cause });
    expect(error.message).toBe('Could not connect to b:5672: connect ECONNREFUSED 127.0.0.1:5672.');
  });

  it('lists every address that happy eyeballs tried', () => {
    const error = dialError(
      address,
      new AggregateError([new Error('connect ::1'), new Error('connect 127.0.0.1')], ''),
    );
    expect(error.message).toBe('Could not connect to b:5672: connect ::1; connect 127.0.0.1.');
  });
});

describe('channelError', () => {
  it('names what was being done and says what the broker said', () => {
    const cause = Object.assign(
      new Error(
        `Operation failed: QueueDeclare; 406 (PRECONDITION-FAILED) with message "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'q'"`,
      ),
      { code: 406 },
    );
    const error = channelError("declaring queue 'q'", cause);
    expect(error).toBeInstanceOf(DeclarationError);
    expect(error).toMatchObject({ replyCode: 406, cause });
    expect(error.message).toBe(
      "The broker refused while declaring queue 'q': PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'q'",
    );
  });

  it('tells a missing entity from a refusal', () => {
    const cause = Object.assign(new Error('… 404 (NOT-FOUND) with message "NOT_FOUND - no exchange"'), { code: 404 });
    expect(channelError("looking for exchange 'x'", cause)).toBeInstanceOf(DestinationNotFoundError);
  });
});

describe('lostError', () => {
  it('leaves an error of its own kind alone', () => {
    const error = new ConnectionLostError('b:5672', 'silent');
    expect(lostError('b:5672', error)).toBe(error);
  });

  it('says so when there was no reason', () => {
    expect(lostError('b:5672', undefined).message).toBe('The connection to b:5672 was closed.');
  });
});

describe('formatHost', () => {
  it('puts brackets around IPv6', () => {
    expect(formatHost({ hostname: '::1', port: 5672 })).toBe('[::1]:5672');
    expect(formatHost({ hostname: 'b', port: 5672 })).toBe('b:5672');
  });
});
