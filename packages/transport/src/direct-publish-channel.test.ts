import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { directPublishChannel, type PublishInsides } from './direct-publish-channel.js';
import { type FrameQueue, writeFramesTogether } from './frame-writer.js';
import type { ConfirmChannel } from './link.js';
import { messageProperties } from './message-properties.js';
import { Outgoing } from './outgoing.js';
import type { PublishOptions } from './publish-options.js';
import {
  type AmqplibConnection,
  FrameReader,
  methods,
  openChannel,
  openConnectionPair,
} from './testing/amqplib-connection.js';
import { TextBody } from './text-body.js';

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(2);
}

/** What amqplib's confirm channel is to us. */
class ConfirmChannelInsides extends EventEmitter {
  readonly unconfirmed: unknown[] = [];
  readonly ch: number;
  readonly #connection: AmqplibConnection;

  constructor(connection: AmqplibConnection) {
    super();
    this.#connection = connection;
    this.ch = openChannel(connection, connection);
    this.on('ack', () => this.unconfirmed.push('called'));
    this.on('nack', () => this.unconfirmed.push('called'));
  }

  sendMessage(fields: object, properties: object, body: Buffer): void {
    this.#connection.sendMessage(this.ch, methods.BasicPublish, fields, methods.BasicProperties, properties, body);
  }
}

function outgoing(
  options: PublishOptions,
  body: Buffer | TextBody = Buffer.alloc(0),
  routingKey = 'q',
  exchange = '',
): Outgoing {
  const destination = { exchange: { name: exchange, type: 'topic' as const }, routingKey };
  const defaults = { publishTimeoutMs: 1_000, compression: 'none' } as const;
  return new Outgoing(destination, body, messageProperties(options), options, defaults);
}

async function open(frameMax = 4_096) {
  const pair = await openConnectionPair();
  const { connection } = pair;
  connection.frameMax = frameMax;
  const queue = writeFramesTogether(connection) as FrameQueue;
  const insides = new ConfirmChannelInsides(connection);
  const channel = directPublishChannel(insides as unknown as ConfirmChannel, connection as PublishInsides, queue);
  if (channel === undefined) throw new Error('This amqplib is not built as expected.');
  return { pair, connection, queue, insides, channel, reader: new FrameReader(pair.peer) };
}

const shortString = fc.string({ unit: 'grapheme', maxLength: 80 }).filter((text) => Buffer.byteLength(text) <= 255);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const options = fc.record({
  mandatory: fc.boolean(),
  persistent: fc.boolean(),
  priority: optional(fc.nat({ max: 255 })),
  expirationMs: optional(fc.nat()),
  contentType: optional(shortString),
  contentEncoding: optional(shortString),
  messageId: optional(shortString),
  correlationId: optional(shortString),
  replyTo: optional(shortString),
  type: optional(shortString),
  userId: optional(shortString),
  appId: optional(shortString),
  timestamp: optional(fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })),
  headers: optional(fc.dictionary(shortString, fc.oneof(shortString, fc.integer(), fc.boolean()), { maxKeys: 2 })),
});

describe('a direct publish channel', () => {
  it.each([4_096, 131_072])(
    "writes the very frames that amqplib would, in amqplib's order (frame_max %d)",
    async (frameMax) => {
      const { pair, insides, channel, reader } = await open(frameMax);
      await using _ = pair;
      await fc.assert(
        fc.asyncProperty(
          shortString,
          shortString,
          options,
          // Around the lengths where a body is no longer copied, and where it takes more than one frame.
          fc.constantFrom(0, 1, 100, 4_087, 4_088, 4_089, 16_384, 50_000, 131_064, 131_065),
          fc.boolean(),
          async (exchange, routingKey, some, length, isText) => {
            reader.frames.length = 0;
            const bytes = Buffer.alloc(length, 'x');
            const half = 'x'.repeat(length >> 1);
            const body = isText ? new TextBody([half, half, length % 2 === 0 ? '' : 'x']) : bytes;
            const message = outgoing(some as PublishOptions, body, routingKey, exchange);
            const { mandatory, properties } = message;
            insides.sendMessage({ exchange, routingKey, mandatory }, properties, bytes);
            expect(channel.publish(message)).toBe(true);
            const frames = 2 * (2 + Math.ceil(length / (frameMax - 8)));
            await until(() => reader.frames.length === frames);
            expect(reader.frames.slice(frames / 2)).toEqual(reader.frames.slice(0, frames / 2));
          },
        ),
        { numRuns: 100 },
      );
    },
  );

  it('tells confirms by their tags, and calls nobody of amqplib for them', async () => {
    const { pair, insides, channel } = await open();
    await using _ = pair;
    const told: unknown[] = [];
    channel.listen({
      confirmed: (tag, multiple, nacked) => told.push({ tag, multiple, nacked }),
      returned: () => {},
      closed: (reason) => told.push(reason),
    });
    insides.emit('ack', { deliveryTag: 7, multiple: true });
    insides.emit('nack', { deliveryTag: 9, multiple: false });
    const reason = new Error('closed by the broker');
    insides.emit('error', reason);
    insides.emit('close');
    expect(told).toEqual([
      { tag: 7, multiple: true, nacked: false },
      { tag: 9, multiple: false, nacked: true },
      reason,
    ]);
    expect(insides.unconfirmed).toEqual([]);
  });

  it('writes nothing once the channel or the connection is ending', async () => {
    for (const end of ['channel', 'connection'] as const) {
      const { pair, connection, insides, channel, reader } = await open();
      await using _ = pair;
      // As amqplib does it.
      Object.assign(end === 'channel' ? insides : connection, {
        sendMessage: () => {
          throw new Error('Channel closing');
        },
      });
      expect(channel.publish(outgoing({}))).toBe(false);
      expect(channel.publish(outgoing({ headers: { a: 1 } }))).toBe(false);
      connection.stream.end();
      await once(pair.peer, 'end');
      expect(reader.frames).toEqual([]);
    }
  });

  it('keeps what was given to it from what is written after it, however slow the reader is', async () => {
    const { pair, channel, reader } = await open();
    await using _ = pair;
    pair.peer.pause();
    const bodies = Array.from({ length: 3_000 }, (_, i) => Buffer.from(`${i} `.padEnd(3_000, String(i % 10))));
    for (const [i, body] of bodies.entries()) {
      channel.publish(outgoing({}, body));
      if (i % 100 === 0) await new Promise(setImmediate);
    }
    pair.peer.resume();
    await until(() => reader.frames.length === 9_000);
    expect(
      reader.frames.filter(({ type }) => type === 3).every(({ payload }, i) => payload.equals(bodies[i] as Buffer)),
    ).toBe(true);
  });

  it('refuses headers that are larger than a frame, and writes nothing', async () => {
    const { pair, channel, reader } = await open();
    await using _ = pair;
    expect(() => channel.publish(outgoing({ headers: { a: 'x'.repeat(4_100) } }))).toThrow(
      /headers take up to \d+ bytes; a frame has 4088/,
    );
    channel.publish(outgoing({ headers: { a: 'x'.repeat(3_000) } }));
    await until(() => reader.frames.length === 2);
  });

  it('is not to be had where amqplib is built otherwise', async () => {
    const { pair, connection, queue } = await open();
    await using _ = pair;
    const changes: [object, object][] = [
      [{ ch: undefined }, {}],
      [{ unconfirmed: undefined }, {}],
      [{ unconfirmed: ['waiting'] }, {}],
      [{ sendMessage: undefined }, {}],
      [{}, { frameMax: undefined }],
      [{}, { sendMessage: undefined }],
    ];
    for (const [ofChannel, ofConnection] of changes) {
      const channel = Object.assign(new ConfirmChannelInsides(connection), ofChannel) as unknown as ConfirmChannel;
      const { frameMax, sendMessage } = connection;
      expect(directPublishChannel(channel, { frameMax, sendMessage, ...ofConnection }, queue)).toBeUndefined();
    }
    const silent = new ConfirmChannelInsides(connection);
    silent.removeAllListeners('ack');
    expect(
      directPublishChannel(silent as unknown as ConfirmChannel, connection as PublishInsides, queue),
    ).toBeUndefined();
    const usual = new ConfirmChannelInsides(connection) as unknown as ConfirmChannel;
    expect(directPublishChannel(usual, connection as PublishInsides, undefined)).toBeUndefined();
  });
});
