import { describe, expect, it } from 'vitest';
import { channelError, formatHost, lostError } from './broker-errors.js';
import { ConnectionLostError, DeclarationError, DestinationNotFoundError } from './errors.js';

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
