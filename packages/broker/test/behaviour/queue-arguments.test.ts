import { expect, it } from 'vitest';
import type { Fields } from '../amqplib-codec.js';
import { onEachBroker } from '../brokers.js';
import { WireClient } from '../wire-client.js';
import { closesChannel } from './refusals.js';

const declare = 'queue.declare';
const long = (value: number): unknown => ({ '!': 'long', value });

onEachBroker('a queue’s arguments', (broker) => {
  const named = (queue: string): string => `queue '${queue}' in vhost '${broker().virtualHost}'`;

  it.each<[Fields, string]>([
    [{ 'x-expires': 0 }, '{value_zero,0}'],
    [{ 'x-expires': -1 }, '{value_negative,-1}'],
    [{ 'x-expires': 'x' }, '"expected integer, got longstr"'],
    [{ 'x-expires': 3.5 }, '"expected integer, got double"'],
    [{ 'x-expires': true }, '"expected integer, got bool"'],
    [{ 'x-expires': null }, '"expected integer, got void"'],
    [{ 'x-message-ttl': -1 }, '{value_negative,-1}'],
    [{ 'x-message-ttl': 'x' }, '"expected integer, got longstr"'],
    [{ 'x-message-ttl': { '!': 'timestamp', value: 5 } }, '"expected integer, got timestamp"'],
    [{ 'x-max-length': -1 }, '{value_negative,-1}'],
    [{ 'x-max-length': 'x' }, '"expected integer, got longstr"'],
    [{ 'x-max-length-bytes': -1 }, '{value_negative,-1}'],
    [{ 'x-overflow': 'x' }, 'invalid_overflow'],
    [{ 'x-overflow': 3 }, '{unacceptable_type,byte}'],
    [{ 'x-dead-letter-exchange': 'x', 'x-dead-letter-routing-key': 3 }, '{unacceptable_type,byte}'],
    [{ 'x-dead-letter-routing-key': 'x' }, 'routing_key_but_no_dlx_defined'],
    [{ 'x-single-active-consumer': 'x' }, '{unacceptable_type,longstr}'],
    [{ 'x-max-priority': 256 }, '{max_value_exceeded,256}'],
    [{ 'x-max-priority': -1 }, '{value_negative,-1}'],
    [{ 'x-queue-mode': 'x' }, '"unsupported queue mode \'x\'"'],
    [{ 'x-queue-mode': 1 }, '{unacceptable_type,byte}'],
    [{ 'x-queue-version': 3 }, '"unsupported queue version \'3\'"'],
    [{ 'x-queue-type': 'x' }, '"unsupported queue type \'x\'"'],
    [{ 'x-queue-type': 3 }, '{unacceptable_type,byte}'],
  ])('cannot be %j', async (args, words) => {
    using client = await WireClient.openChannel(broker());
    const queue = broker().uniqueName('queue');
    const argument = Object.keys(args).at(-1);
    expect(await client.refusal(1, declare, { queue, exclusive: true, arguments: args })).toEqual(
      closesChannel(406, `invalid arg '${argument}' for ${named(queue)}: ${words}`, declare),
    );
  });

  it('cannot name a dead letter exchange by a number', async () => {
    using client = await WireClient.openChannel(broker());
    const queue = broker().uniqueName('queue');
    expect(
      await client.refusal(1, declare, { queue, exclusive: true, arguments: { 'x-dead-letter-exchange': 3 } }),
    ).toEqual(closesChannel(406, `invalid type 'byte' for arg 'x-dead-letter-exchange' in ${named(queue)}`, declare));
  });

  it.each<[Fields]>([
    [{ 'x-delivery-limit': 5 }],
    [{ 'x-max-in-memory-length': 5 }],
    [{ 'x-max-age': '1h' }],
    [{ 'x-dead-letter-strategy': 'at-most-once' }],
    [{ 'x-quorum-initial-group-size': 1 }],
    [{ 'x-queue-leader-locator': 'balanced' }],
    [{ 'x-initial-cluster-size': 1 }],
  ])('cannot be those of another type of queue: %j', async (args) => {
    using client = await WireClient.openChannel(broker());
    const queue = broker().uniqueName('queue');
    expect(await client.refusal(1, declare, { queue, exclusive: true, arguments: args })).toEqual(
      closesChannel(
        406,
        `invalid arg '${Object.keys(args)[0]}' for ${named(queue)} of queue type rabbit_classic_queue`,
        declare,
      ),
    );
  });

  it.each<[Fields, Fields, string]>([
    [{}, { 'x-queue-type': 'quorum' }, "invalid property 'non-durable' for Q"],
    [{ durable: true, exclusive: true }, { 'x-queue-type': 'quorum' }, "invalid property 'exclusive-owner' for Q"],
    [{ durable: true, autoDelete: true }, { 'x-queue-type': 'quorum' }, "invalid property 'auto-delete' for Q"],
    [
      { durable: true },
      { 'x-queue-type': 'quorum', 'x-max-priority': 3 },
      "invalid arg 'x-max-priority' for Q of queue type rabbit_quorum_queue",
    ],
    [{}, { 'x-queue-type': 'stream' }, "invalid property 'non-durable' for Q"],
    [
      { durable: true },
      { 'x-queue-type': 'stream', 'x-expires': 9 },
      "invalid arg 'x-expires' for Q of queue type rabbit_stream_queue",
    ],
  ])('ask for a type that needs others: %j with %j', async (properties, args, words) => {
    using client = await WireClient.openChannel(broker());
    const queue = broker().uniqueName('queue');
    expect(await client.refusal(1, declare, { queue, ...properties, arguments: args })).toEqual(
      closesChannel(406, words.replace('Q', named(queue)), declare),
    );
  });

  it.each<[Fields]>([
    [{ 'x-expires': 2 ** 32 }],
    [{ 'x-message-ttl': 0 }],
    [{ 'x-message-ttl': 100_000_000_000 }],
    [{ 'x-max-length': 0, 'x-max-length-bytes': 0 }],
    [{ 'x-max-priority': 0 }],
    [{ 'x-max-priority': 255, 'x-queue-mode': 'lazy' }],
    [{ 'x-dead-letter-exchange': '' }],
    [{ 'x-dead-letter-exchange': 'missing', 'x-dead-letter-routing-key': '' }],
    [{ 'x-overflow': 'reject-publish-dlx' }],
    [{ 'x-single-active-consumer': false }],
    [{ 'x-queue-type': 'classic', 'x-queue-version': 2 }],
    [{ 'something-else': { of: ['any', 'kind'] } }],
  ])('may be %j, and are the same the next time', async (args) => {
    using client = await WireClient.openChannel(broker());
    const queue = broker().uniqueName('queue');
    for (let times = 0; times < 2; times++) {
      expect(await client.ask(1, declare, { queue, exclusive: true, arguments: args })).toMatchObject({ queue });
    }
  });

  const dlx = { 'x-dead-letter-exchange': 'dlx' };
  it.each<[string, Fields, Fields, string]>([
    ['x-expires', { 'x-expires': 100_000 }, { 'x-expires': 200_000 }, "received '200000' but current is '100000'"],
    ['x-expires', { 'x-expires': 100_000 }, {}, "received none but current is the value '100000' of type 'signedint'"],
    ['x-expires', {}, { 'x-expires': 100_000 }, "received the value '100000' of type 'signedint' but current is none"],
    ['x-expires', {}, { 'x-expires': 0 }, "received the value '0' of type 'byte' but current is none"],
    ['x-message-ttl', { 'x-message-ttl': 1_000 }, {}, "received none but current is the value '1000' of type 'short'"],
    ['x-message-ttl', {}, { 'x-message-ttl': long(5) }, "received the value '5' of type 'long' but current is none"],
    ['x-max-length', { 'x-max-length': 10 }, { 'x-max-length': 20 }, "received '20' but current is '10'"],
    [
      'x-max-length-bytes',
      { 'x-max-length-bytes': 10 },
      {},
      "received none but current is the value '10' of type 'byte'",
    ],
    [
      'x-overflow',
      { 'x-overflow': 'reject-publish' },
      { 'x-overflow': 'drop-head' },
      "received 'drop-head' but current is 'reject-publish'",
    ],
    ['x-dead-letter-exchange', dlx, {}, "received none but current is the value 'dlx' of type 'longstr'"],
    [
      'x-dead-letter-routing-key',
      { ...dlx, 'x-dead-letter-routing-key': 'a' },
      { ...dlx, 'x-dead-letter-routing-key': 'b' },
      "received 'b' but current is 'a'",
    ],
    [
      'x-single-active-consumer',
      { 'x-single-active-consumer': true },
      {},
      "received none but current is the value 'true' of type 'bool'",
    ],
    ['x-max-priority', { 'x-max-priority': 5 }, { 'x-max-priority': 6 }, "received '6' but current is '5'"],
    [
      'x-queue-mode',
      { 'x-queue-mode': 'lazy' },
      { 'x-queue-mode': 'default' },
      "received 'default' but current is 'lazy'",
    ],
    ['x-queue-version', { 'x-queue-version': 1 }, { 'x-queue-version': 2 }, "received '2' but current is '1'"],
  ])('must stay as they are: %s, from %j to %j', async (argument, first, second, words) => {
    using client = await WireClient.openChannel(broker());
    const queue = broker().uniqueName('queue');
    await client.ask(1, declare, { queue, exclusive: true, arguments: first });
    expect(await client.refusal(1, declare, { queue, exclusive: true, arguments: second })).toEqual(
      closesChannel(406, `inequivalent arg '${argument}' for ${named(queue)}: ${words}`, declare),
    );
  });

  it.each<[Fields, Fields]>([
    [{ 'x-message-ttl': 5 }, { 'x-message-ttl': long(5) }],
    [{ 'x-expires': long(100_000) }, { 'x-expires': 100_000 }],
    [{}, { colour: 'red' }],
    [{ colour: 'red' }, { colour: 'blue' }],
    [{}, { 'x-queue-type': 'classic' }],
    [{ 'x-queue-type': 'classic' }, {}],
  ])('are the same when they mean the same: %j and %j', async (first, second) => {
    using client = await WireClient.openChannel(broker());
    const queue = broker().uniqueName('queue');
    await client.ask(1, declare, { queue, exclusive: true, arguments: first });
    expect(await client.ask(1, declare, { queue, exclusive: true, arguments: second })).toMatchObject({ queue });
  });

  it.each<[Fields, Fields, string]>([
    [{ 'x-queue-type': 'quorum' }, {}, "received none but current is the value 'quorum' of type 'longstr'"],
    [{}, { 'x-queue-type': 'quorum' }, "received the value 'quorum' of type 'longstr' but current is none"],
    [{ 'x-queue-type': 'classic' }, { 'x-queue-type': 'quorum' }, "received 'quorum' but current is 'classic'"],
  ])('must name the same type of queue: %j, then %j', async (first, second, words) => {
    using client = await WireClient.openChannel(broker());
    const queue = broker().uniqueName('queue');
    await client.ask(1, declare, { queue, durable: true, arguments: first });
    expect(await client.refusal(1, declare, { queue, durable: true, arguments: second })).toEqual(
      closesChannel(406, `inequivalent arg 'x-queue-type' for ${named(queue)}: ${words}`, declare),
    );
    await client.ask(1, 'channel.open');
    await client.ask(1, 'queue.delete', { queue });
  });
});
