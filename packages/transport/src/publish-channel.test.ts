import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { ConfirmChannel } from './link.js';
import { messageProperties } from './message-properties.js';
import { Outgoing } from './outgoing.js';
import { PlainPublishChannel } from './publish-channel.js';

type Callback = (error: Error | null) => void;

/** amqplib's confirm channel, as its documentation has it. */
class ModelConfirmChannel extends EventEmitter {
  readonly published: unknown[] = [];
  readonly callbacks: Callback[] = [];
  failure: Error | undefined = undefined;

  publish(exchange: string, routingKey: string, body: Buffer, options: object, callback: Callback): boolean {
    if (this.failure !== undefined) throw this.failure;
    this.published.push({ exchange, routingKey, body: body.toString(), ...options });
    this.callbacks.push(callback);
    return true;
  }
}

function open() {
  const model = new ModelConfirmChannel();
  const channel = new PlainPublishChannel(model as unknown as ConfirmChannel);
  const told: unknown[] = [];
  channel.listen({
    confirmed: (...confirm) => told.push(confirm),
    returned: () => told.push('returned'),
    closed: (reason) => told.push(reason?.message ?? 'with its connection'),
  });
  return { model, channel, told };
}

function outgoing(body: string): Outgoing {
  const options = { mandatory: true, messageId: 'm', headers: { a: 1 } };
  const defaults = { publishTimeoutMs: 1_000, compression: 'none' } as const;
  return new Outgoing({ routingKey: 'q' }, Buffer.from(body), messageProperties(options), options, defaults);
}

describe('a plain publish channel', () => {
  it('publishes by amqplib, and tells its callbacks as tags in the order of the messages', () => {
    const { model, channel, told } = open();
    for (const body of ['1', '2', '3']) expect(channel.publish(outgoing(body))).toBe(true);
    expect(model.published[0]).toEqual({
      exchange: '',
      routingKey: 'q',
      body: '1',
      mandatory: true,
      messageId: 'm',
      deliveryMode: 2,
      headers: { a: 1 },
    });
    model.emit('return', {});
    model.callbacks[2]?.(null);
    model.callbacks[0]?.(new Error('message nacked'));
    expect(told).toEqual(['returned', [3, false, false], [1, false, true]]);
  });

  it('tells its end once, whatever amqplib tells the callbacks', () => {
    const { model, channel, told } = open();
    channel.publish(outgoing('1'));
    model.emit('error', new Error('closed by the broker'));
    model.callbacks[0]?.(new Error('channel closed'));
    model.emit('close');
    expect(told).toEqual(['closed by the broker']);
  });

  it('says that it is ending, lets other errors through, and counts neither as a message', () => {
    const { model, channel, told } = open();
    model.failure = Object.assign(new Error('Channel closing'), { name: 'IllegalOperationError' });
    expect(channel.publish(outgoing('1'))).toBe(false);
    model.failure = new TypeError('a header cannot be encoded');
    expect(() => channel.publish(outgoing('2'))).toThrow('a header cannot be encoded');
    model.failure = undefined;
    channel.publish(outgoing('3'));
    model.callbacks[0]?.(null);
    expect(told).toEqual([[1, false, false]]);
  });
});
