import { inspect } from 'node:util';
import { deflateSync, gzipSync } from 'node:zlib';
import type { Delivery } from '@leveret/transport';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeDelivery, decodeEnvelope, encodeEnvelope } from './envelope.js';
import { loadVectors, type Vector } from './testing/fixtures.js';

function delivery(body: Buffer | string, overrides: Partial<Delivery> = {}): Delivery {
  return {
    body: Buffer.from(body as string),
    exchange: '',
    routingKey: 'q',
    redelivered: false,
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    headers: {},
    messageId: undefined,
    correlationId: undefined,
    replyTo: undefined,
    type: undefined,
    appId: undefined,
    userId: undefined,
    priority: undefined,
    expirationMs: undefined,
    timestamp: undefined,
    ack: () => true,
    reject: () => true,
    ...overrides,
  };
}

describe('opening an envelope, as oslo.messaging does', () => {
  const vectors = loadVectors<Vector<unknown, { message: unknown } | { error: { class: string } }>>(
    'version-compat',
    'envelope',
  );
  // oslo opens these and fails on what is inside a moment later; both reject the message.
  const deviations = new Map([
    ['envelope-raw:1', 'a body that is a string is refused when the envelope is opened, not when it is dispatched'],
    ['envelope-raw:2', 'a body that is a number is refused when the envelope is opened, not when it is dispatched'],
  ]);
  it('has all its cases', () => expect(vectors).toHaveLength(16));

  it.each(vectors)('$id', ({ id, in: input, out }) => {
    const open = () => decodeEnvelope(JSON.stringify(input));
    if ('message' in out && !deviations.has(id)) expect(open()).toEqual(out.message);
    else expect(open).toThrow(expect.objectContaining({ code: 'ERR_LEVERET_MALFORMED_MESSAGE' }));
  });

  it('has no deviation that is none', () => {
    for (const id of deviations.keys()) expect(vectors.find((each) => each.id === id)?.out).toHaveProperty('message');
  });
});

describe('an envelope', () => {
  it('is the JSON text of the message, once more as a string', () => {
    expect(encodeEnvelope({ method: 'm', args: { a: '"\\' } })).toBe(
      '{"oslo.version":"2.0","oslo.message":"{\\"method\\":\\"m\\",\\"args\\":{\\"a\\":\\"\\\\\\"\\\\\\\\\\"}}"}',
    );
  });

  it('holds what was put in, whatever it is and however long', { timeout: 30_000 }, () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('"', '\\', '\\"', '\u0000', '\u2028', '\ud800', '😀'),
    );
    const message = fc.dictionary(text, fc.jsonValue({ depthSize: 'small' }));
    fc.assert(
      fc.property(message, fc.boolean(), text, (value, long, piece) => {
        // Long enough, and with little enough to escape, that it is escaped by hand.
        const padded = { ...value, padding: long ? `${'x'.repeat(2100)}${piece}` : piece };
        const body = encodeEnvelope(padded);
        expect(JSON.parse(JSON.parse(body)['oslo.message'])).toEqual(JSON.parse(JSON.stringify(padded)));
        expect(decodeEnvelope(body)).toEqual(JSON.parse(JSON.stringify(padded)));
      }),
    );
  });

  it.each([100, 3000])('of %i characters is read as Python writes it', (length) => {
    const inner = { text: `f\u00fcr \ud83d\ude00 "\\ ${'x'.repeat(length)}` };
    const escaped = JSON.stringify(inner).replace(
      /[^\u0020-\u007e]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    const body = `{"oslo.version": "2.0", "oslo.message": ${JSON.stringify(escaped)}}`;
    expect(decodeEnvelope(body)).toEqual(inner);
  });

  it('of any other shape is read as well', () => {
    const x = 'x'.repeat(3000);
    const inner = JSON.stringify({ x });
    const read = (body: string) => decodeEnvelope(body);
    expect(read(JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': inner, extra: 'y' }))).toEqual({ x });
    expect(read(JSON.stringify({ 'oslo.message': inner, 'oslo.version': '2.0' }))).toEqual({ x });
    expect(read(`{"oslo.version":"2.0","oslo.message":"{\\u0022x\\u0022:1,\\"y\\":\\"${x}\\"}"}`)).toEqual({
      x: 1,
      y: x,
    });
    expect(read(JSON.stringify({ method: 'm', args: { x } }))).toEqual({ method: 'm', args: { x } });
  });

  it('with a raw control character is refused when long as when short', () => {
    for (const length of [10, 3000]) {
      const body = `{"oslo.version":"2.0","oslo.message":"{\\"a\\":\\"${'x'.repeat(length)}\n\\"}"}`;
      expect(() => decodeEnvelope(body)).toThrow('it is not JSON');
    }
  });

  it('that cannot be read is told without a piece of it', () => {
    let thrown: unknown;
    try {
      decodeEnvelope('{"password": "S3cret"');
    } catch (error) {
      thrown = error;
    }
    expect(inspect(thrown)).toContain('The message cannot be read: it is not JSON.');
    expect(inspect(thrown)).not.toContain('S3cret');
  });
});

describe('a delivery', () => {
  it('must say that it is JSON, and nothing more', () => {
    for (const contentType of [undefined, 'application/json; charset=utf-8', 'application/data']) {
      expect(() => decodeDelivery(delivery('{}', { contentType }))).toThrow('its content type is');
    }
  });

  it('without a body is an empty message', () => {
    expect(decodeDelivery(delivery(''))).toEqual({});
  });

  it('that is not UTF-8 is refused', () => {
    expect(() => decodeDelivery(delivery(Buffer.from([0x22, 0xff, 0x22])))).toThrow('its body is not UTF-8');
  });

  it.each([
    ['zlib, which kombu calls gzip', deflateSync],
    ['gzip', gzipSync],
  ])('compressed with %s is decompressed', (_name, compress) => {
    const body = compress(Buffer.from('{"method": "m"}'));
    const headers = { compression: 'application/x-gzip' };
    expect(decodeDelivery(delivery(body, { headers }))).toEqual({ method: 'm' });
  });

  interface CompressedPublish {
    readonly properties: { readonly content_type: string; readonly headers: Readonly<Record<string, unknown>> };
    readonly body_base64: string;
  }
  interface CompressedCase extends Record<'client_publishes' | 'server_publishes', readonly CompressedPublish[]> {
    readonly id: string;
    readonly kind?: string;
  }
  const compressed = loadVectors<CompressedCase>('compression');
  it.each(compressed)('that oslo.messaging has compressed is read: $id', ({ client_publishes, server_publishes }) => {
    const messages = [...client_publishes, ...server_publishes].map(({ properties, body_base64: body }) =>
      decodeDelivery(
        delivery(Buffer.from(body, 'base64'), { contentType: properties.content_type, headers: properties.headers }),
      ),
    );
    expect(messages).toMatchObject([
      { method: 'echo', args: { value: 1 } },
      { method: 'count', args: { by: 2 } },
      { result: 1, failure: null, ending: true },
    ]);
  });

  it('that is wrong about its compression is refused', () => {
    expect(() => decodeDelivery(delivery('{}', { headers: { compression: 'application/x-bz2' } }))).toThrow(
      'not understood',
    );
    expect(() => decodeDelivery(delivery('{}', { headers: { compression: 'application/x-gzip' } }))).toThrow(
      'decompressed',
    );
  });

  it('that unfolds into more than 128 MiB is refused', { timeout: 30_000 }, () => {
    const body = deflateSync(Buffer.alloc(129 * 1024 * 1024, 0x20));
    expect(() => decodeDelivery(delivery(body, { headers: { compression: 'application/x-gzip' } }))).toThrow(
      'decompressed',
    );
  });
});
