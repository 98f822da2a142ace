import { encodeFrame } from '../../src/codec/frames.js';
import { METHODS } from '../../src/codec/method-table.js';
import { encodeMethod, type MethodFields, type MethodName } from '../../src/codec/methods.js';
import { encodeProperties, type Properties } from '../../src/codec/properties.js';
import type { Random } from './random.js';
import { randomField, randomTable } from './random-fields.js';

/** What a client sends to be let in, up to connection.open. */
export function greeting(): Buffer[] {
  return [
    Buffer.from('AMQP\0\0\x09\x01', 'latin1'),
    encodeMethod(0, 'connection.start-ok', {
      clientProperties: new Map(),
      mechanism: 'PLAIN',
      response: Buffer.from('\0guest\0guest'),
      locale: 'en_US',
    }),
    encodeMethod(0, 'connection.tune-ok', { channelMax: 2047, frameMax: 131_072, heartbeat: 0 }),
    encodeMethod(0, 'connection.open', { virtualHost: '/' }),
  ];
}

// What clients send, most of it again and again; the rest of all methods comes now and then.
const USUAL: readonly MethodName[] = [
  'basic.publish',
  'basic.publish',
  'basic.publish',
  'basic.publish',
  'basic.consume',
  'basic.consume',
  'basic.get',
  'basic.ack',
  'basic.nack',
  'basic.reject',
  'basic.recover',
  'basic.qos',
  'basic.cancel',
  'queue.declare',
  'queue.declare',
  'queue.declare',
  'queue.bind',
  'queue.bind',
  'queue.unbind',
  'queue.purge',
  'queue.delete',
  'exchange.declare',
  'exchange.declare',
  'exchange.bind',
  'exchange.unbind',
  'exchange.delete',
  'confirm.select',
];
const ALL = Object.keys(METHODS) as MethodName[];
// One that has failed is deaf: others go on.
const CHANNELS = 12;
// What would end most of what could come after it.
const SELDOM = {
  passive: false,
  immediate: false,
  exclusive: false,
  internal: false,
  autoDelete: false,
  prefetchSize: 0,
};

/** A client that is let in and asks for anything: well-formed frames, of which many make no sense. */
export function randomSession(random: Random): Buffer[] {
  const frames = greeting();
  for (let channel = 1; channel <= CHANNELS; channel += 1) frames.push(encodeMethod(channel, 'channel.open', {}));
  for (let count = 3 + random.below(60); count > 0; count -= 1) frames.push(...randomMethod(random));
  return frames;
}

function randomMethod(random: Random): Buffer[] {
  const usual = !random.oneIn(60);
  const name = random.pick(usual ? USUAL : ALL);
  const channel = usual ? 1 + random.below(CHANNELS) : random.below(CHANNELS + 2);
  const kinds = Object.entries(METHODS[name].fields);
  const fields = Object.fromEntries(kinds.map(([field, kind]) => [field, randomField(random, field, kind)]));
  for (const [field, value] of Object.entries(SELDOM)) if (!random.oneIn(12)) fields[field] = value;
  if (name.endsWith('.declare')) fields['durable'] = !random.oneIn(12);
  if (name === 'basic.recover') fields['requeue'] = !random.oneIn(12);
  const method = encodeMethod(channel, name, fields as MethodFields<typeof name>);
  return name === 'basic.publish' ? [method, ...randomContent(random, channel)] : [method];
}

function randomContent(random: Random, channel: number): Buffer[] {
  const properties: Properties = {
    deliveryMode: random.pick([1, 2]),
    ...(random.oneIn(3) && { headers: randomTable(random) }),
    ...(random.oneIn(5) && { expiration: random.pick(['0', '5', '60000', 'soon', '-1', '99999999999']) }),
    ...(random.oneIn(5) && { priority: random.below(256) }),
    ...(random.oneIn(5) && { replyTo: 'amq.rabbitmq.reply-to' }),
    ...(random.oneIn(9) && { userId: random.pick(['guest', 'other']) }),
  };
  const body = random.octets(random.pick([0, 0, 1, 10, 100, 5000]));
  const octets = encodeProperties(properties);
  const header = Buffer.alloc(12);
  header.writeUInt16BE(60, 0);
  header.writeBigUInt64BE(BigInt(random.oneIn(60) ? random.below(2 ** 31) : body.length), 4);
  const frames = [encodeFrame(2, channel, Buffer.concat([header, octets]))];
  const middle = random.below(body.length + 1);
  for (const piece of [body.subarray(0, middle), body.subarray(middle)]) {
    if (piece.length > 0) frames.push(encodeFrame(3, channel, piece));
  }
  return frames;
}
