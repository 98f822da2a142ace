import { describe, expect, it } from 'vitest';
import type { FieldValue } from './codec/field-table.js';
import { tableOf } from './codec/plain-table.js';
import { type QueueDeclaration, readQueueDefinition } from './queue-definition.js';

function read(given: Record<string, unknown>, properties: Partial<QueueDeclaration> = {}) {
  const declaration = { durable: true, exclusive: false, autoDelete: false, arguments: tableOf(given), ...properties };
  return readQueueDefinition(declaration, "queue 'q' in vhost '/'");
}

describe('the definition of a queue', () => {
  it('has nothing special without arguments', () => {
    expect(read({})).toMatchObject({ type: 'classic', overflow: 'drop-head', singleActiveConsumer: false });
    expect(read({}).maxLength).toBeUndefined();
  });

  it('has what the arguments say', () => {
    const given = {
      'x-expires': 60_000,
      'x-message-ttl': 0,
      'x-max-length': 10,
      'x-max-length-bytes': 5_000_000_000,
      'x-overflow': 'reject-publish-dlx',
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': 'dead',
      'x-single-active-consumer': true,
      'x-max-priority': 255,
    };
    expect(read(given)).toMatchObject({
      expiresMs: 60_000,
      messageTtlMs: 0,
      maxLength: 10,
      maxLengthBytes: 5_000_000_000,
      overflow: 'reject-publish-dlx',
      deadLetterExchange: '',
      deadLetterRoutingKey: 'dead',
      singleActiveConsumer: true,
      maxPriority: 255,
    });
  });

  it('of an exclusive queue is not durable', () => {
    expect(read({}, { exclusive: true }).durable).toBe(false);
  });

  it('of a quorum queue drops the head where a classic queue would refuse with dead letters', () => {
    const given = { 'x-queue-type': 'quorum', 'x-overflow': 'reject-publish-dlx', 'x-delivery-limit': 3 };
    expect(read(given)).toMatchObject({ overflow: 'drop-head', deliveryLimit: 3 });
  });

  // As RabbitMQ 3.10.8 answers.
  it.each<[string, unknown, string]>([
    ['x-expires', 0, '{value_zero,0}'],
    ['x-expires', -1, '{value_negative,-1}'],
    ['x-message-ttl', 315_360_000_001, '{value_too_large,315360000001}'],
    ['x-message-ttl', '5', '"expected integer, got longstr"'],
    ['x-max-length', 1.5, '"expected integer, got double"'],
    ['x-max-priority', 256, '{max_value_exceeded,256}'],
    ['x-dead-letter-routing-key', 'k', 'routing_key_but_no_dlx_defined'],
    ['x-overflow', 'x', 'invalid_overflow'],
    ['x-overflow', true, '{unacceptable_type,bool}'],
    ['x-queue-mode', 'x', '"unsupported queue mode \'x\'"'],
    ['x-queue-version', 3, '"unsupported queue version \'3\'"'],
    ['x-single-active-consumer', 1, '{unacceptable_type,signedint}'],
    ['x-queue-type', 'x', '"unsupported queue type \'x\'"'],
  ])('refuses %s of %s', (name, value, complaint) => {
    expect(() => read({ [name]: value })).toThrow(
      `PRECONDITION_FAILED - invalid arg '${name}' for queue 'q' in vhost '/': ${complaint}`,
    );
  });

  it('refuses a dead letter exchange that is no string in words of its own', () => {
    expect(() => read({ 'x-dead-letter-exchange': 1 })).toThrow(
      "PRECONDITION_FAILED - invalid type 'signedint' for arg 'x-dead-letter-exchange' in queue 'q' in vhost '/'",
    );
  });

  it('refuses arguments of other types of queues, and takes unknown ones', () => {
    expect(() => read({ 'x-queue-type': 'quorum', 'x-max-priority': 5 })).toThrow(
      "invalid arg 'x-max-priority' for queue 'q' in vhost '/' of queue type rabbit_quorum_queue",
    );
    const value: FieldValue = { type: 'S', value: 'b' };
    expect(read({ 'x-a': 'b' }).arguments.get('x-a')).toEqual(value);
  });

  it.each([
    [{ autoDelete: true }, 'auto-delete'],
    [{ exclusive: true }, 'exclusive-owner'],
    [{ durable: false }, 'non-durable'],
  ])('refuses a quorum queue with %o', (properties, name) => {
    expect(() => read({ 'x-queue-type': 'quorum' }, properties)).toThrow(
      `invalid property '${name}' for queue 'q' in vhost '/'`,
    );
  });
});
