/**
 * What the codec does by itself. Prints operations per second, the best of five rounds.
 *
 * Run by hand, from packages/broker: npx esbuild bench/codec.ts --bundle --platform=node --format=esm --outfile=.results/bench-codec.js
 * && node .results/bench-codec.js
 */

import { tableOf } from '../src/codec/field-table.js';
import { deliveryPrefix, encodeDelivery, FrameReader } from '../src/codec/frames.js';
import { decodeMethod, encodeMethod } from '../src/codec/methods.js';
import { decodeProperties, encodeProperties } from '../src/codec/properties.js';

const CONSUMER_TAG = 'amq.ctag-0191d9f0c5b44d0c9c2b';
const ROUNDS = 5;
const OPERATIONS = 300_000;

function measure(name: string, operation: () => unknown): void {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let index = 0; index < OPERATIONS; index++) operation();
    best = Math.min(best, performance.now() - start);
  }
  const perSecond = Math.round(OPERATIONS / (best / 1000));
  console.log(`${name.padEnd(52)} ${perSecond.toLocaleString('en').padStart(12)}/s`);
}

function payloadOf(frame: Buffer): Buffer {
  return frame.subarray(7, -1);
}

const propertyOctets = encodeProperties({
  contentType: 'application/json',
  headers: tableOf({ 'x-attempt': 1, source: 'bench' }),
  deliveryMode: 2,
  correlationId: '0191d9f0c5b44d0c',
  replyTo: 'reply_0191d9f0c5b44d0c9c2b',
  messageId: '63',
});
const publish = payloadOf(
  encodeMethod(1, 'basic.publish', {
    exchange: 'orders',
    routingKey: 'orders.created.eu',
    mandatory: true,
    immediate: false,
  }),
);
const ack = payloadOf(encodeMethod(1, 'basic.ack', { deliveryTag: 123_456, multiple: false }));
const declare = payloadOf(
  encodeMethod(1, 'queue.declare', {
    queue: 'orders',
    passive: false,
    durable: true,
    exclusive: false,
    autoDelete: false,
    noWait: false,
    arguments: tableOf({ 'x-message-ttl': 60_000, 'x-dead-letter-exchange': 'dead' }),
  }),
);
const delivery = {
  channel: 1,
  consumerTag: deliveryPrefix(CONSUMER_TAG),
  deliveryTag: 123_456,
  redelivered: false,
  exchange: 'orders',
  routingKey: 'orders.created.eu',
  propertyOctets,
  frameMax: 131_072,
};
const small = { ...delivery, body: Buffer.alloc(256, 'x') };
const named = { ...small, consumerTag: CONSUMER_TAG };
const medium = { ...delivery, body: Buffer.alloc(16_384, 'x') };
const large = { ...delivery, body: Buffer.alloc(1_048_576, 'x') };

measure('decode basic.publish', () => decodeMethod(publish));
measure('decode basic.ack', () => decodeMethod(ack));
measure('decode queue.declare', () => decodeMethod(declare));
measure('encode basic.ack', () => encodeMethod(1, 'basic.ack', { deliveryTag: 123_456, multiple: false }));
measure('decode properties, 6 of them', () => decodeProperties(propertyOctets));
measure('encode delivery, 256 octets', () => encodeDelivery(small));
measure('encode delivery, 256 octets, tag as a string', () => encodeDelivery(named));
measure('encode delivery, 16 KiB', () => encodeDelivery(medium));
measure('encode delivery, 1 MiB', () => encodeDelivery(large));

// What a publisher sends, as it comes from the socket: three frames a message.
const sent = Buffer.concat(encodeDelivery(small));
const PER_CHUNK = Math.floor(65_536 / sent.length);
const chunk = Buffer.concat(Array.from({ length: PER_CHUNK }, () => sent));
const reader = new FrameReader(131_072);
let read = 0;
let waiting = 0;
measure('read the frames of a message, 64 KiB a chunk', () => {
  if (++waiting < PER_CHUNK) return;
  waiting = 0;
  reader.read(chunk, (frame) => {
    read += frame.payload.length;
  });
});
console.log(`(${read} octets of payload read)`);
