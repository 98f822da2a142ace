import { uniqueName } from '@leveret/tooling-rabbitmq';
import { encodeContentHeader, encodeFrame, encodeMethod, type Fields } from '../amqplib-codec.js';
import type { BrokerUnderTest } from '../brokers.js';
import { FRAME, type Refusal, type SessionOptions, WireClient, type WireMethod } from '../wire-client.js';

/** A client that is told when its consumers are cancelled. */
export const cancelNotify: SessionOptions = {
  clientProperties: { capabilities: { consumer_cancel_notify: true } },
};

/** Opens a connection and channels 1, 2… in it. */
export async function openChannels(
  broker: BrokerUnderTest,
  channels = 1,
  options: SessionOptions = {},
): Promise<WireClient> {
  const client = await WireClient.open(broker, options);
  for (let channel = 1; channel <= channels; channel += 1) await client.ask(channel, 'channel.open');
  return client;
}

/** Declares, on channel 1, an exclusive queue with a name of the broker's choice, and returns it. */
export async function declareQueue(client: WireClient, args: Fields = {}): Promise<string> {
  const { queue } = await client.ask(1, 'queue.declare', { queue: '', exclusive: true, arguments: args });
  return queue as string;
}

/** Declares an exchange of which nobody knows, and which goes with its last binding. */
export async function declareExchange(client: WireClient, type: string, args: Fields = {}): Promise<string> {
  const exchange = uniqueName(type);
  await client.ask(1, 'exchange.declare', { exchange, type, autoDelete: true, arguments: args });
  return exchange;
}

/** Declares an exclusive queue and binds it. */
export async function boundQueue(
  client: WireClient,
  exchange: string,
  routingKey = '',
  args: Fields = {},
): Promise<string> {
  const queue = await declareQueue(client);
  await client.ask(1, 'queue.bind', { queue, exchange, routingKey, arguments: args });
  return queue;
}

/** Publishes bodies to a queue, on channel 1. */
export function send(client: WireClient, queue: string, ...bodies: readonly string[]): void {
  for (const body of bodies) client.publish(1, { exchange: '', routingKey: queue }, body);
}

/** Publishes bodies to a queue that has no consumers, and waits until they are in it. */
export async function fill(client: WireClient, queue: string, ...bodies: readonly string[]): Promise<void> {
  const channel = 100;
  await client.ask(channel, 'channel.open');
  await client.ask(channel, 'confirm.select');
  for (const body of bodies) client.publish(channel, { exchange: '', routingKey: queue }, body);
  await settled(client, 1, bodies.length);
  await client.ask(channel, 'channel.close');
}

/**
 * How many messages are ready in a queue. RabbitMQ's queues answer this question before older requests that wait; those
 * are done when it is asked a second time.
 */
export async function ready(client: WireClient, queue: string): Promise<number> {
  await client.ask(1, 'queue.declare', { queue, passive: true });
  return (await client.ask(1, 'queue.declare', { queue, passive: true }))['messageCount'] as number;
}

/**
 * A method in a few words: `deliver tag #1 body`, `got #2 body again, 3 left`, `empty`, `ack 1`, `return 312 NO_ROUTE body`,
 * `cancel tag`, or just its name. On another channel than 1 that comes first.
 */
export function inWords({ channel, name, fields, content }: WireMethod): string {
  const body = content?.body.toString() ?? '';
  const delivery = `#${String(fields['deliveryTag'])} ${body}${fields['redelivered'] === true ? ' again' : ''}`;
  const words = ((): string => {
    switch (name) {
      case 'basic.deliver':
        return `deliver ${String(fields['consumerTag'])} ${delivery}`;
      case 'basic.get-ok':
        return `got ${delivery}, ${String(fields['messageCount'])} left`;
      case 'basic.get-empty':
        return 'empty';
      // With one outstanding, RabbitMQ sets `multiple` or does not, as it pleases.
      case 'basic.ack':
        return `ack ${String(fields['deliveryTag'])}`;
      case 'basic.nack':
        return `nack ${String(fields['deliveryTag'])}`;
      case 'basic.return':
        return `return ${String(fields['replyCode'])} ${String(fields['replyText'])} ${body}`;
      case 'basic.cancel':
        return `cancel ${String(fields['consumerTag'])}`;
      default:
        return name;
    }
  })();
  return channel === 1 ? words : `${channel}: ${words}`;
}

/** Waits for so many methods; see {@link inWords}. */
export async function heard(client: WireClient, count: number): Promise<string[]> {
  const words: string[] = [];
  while (words.length < count) words.push(inWords(await client.next()));
  return words;
}

/**
 * What came, until all that the queue had to say to a channel has come. When the queue answers the second question it
 * has done what it had to do before, see {@link ready}. That answer is behind its deliveries, which are thus before the
 * third question in the channel's own queue.
 */
export async function heardMeanwhile(client: WireClient, queue: string, channel = 1): Promise<string[]> {
  const words: string[] = [];
  for (let questions = 0; questions < 3; questions += 1) {
    client.send(channel, 'queue.declare', { queue, passive: true });
    for (;;) {
      const method = await client.next();
      if (method.name === 'queue.declare-ok' && method.channel === channel) break;
      words.push(inWords(method));
    }
  }
  return words;
}

/** Gets a message on channel 1, without acknowledgement unless asked for. */
export async function get(client: WireClient, queue: string, options: { noAck?: boolean } = {}): Promise<string> {
  return inWords(await client.call(1, 'basic.get', { queue, noAck: options.noAck ?? true }));
}

/** The bodies of all messages of a queue, which is empty afterwards. */
export async function bodies(client: WireClient, queue: string): Promise<string[]> {
  const all: string[] = [];
  for (;;) {
    const { content } = await client.call(1, 'basic.get', { queue, noAck: true });
    if (content === undefined) return all;
    all.push(content.body.toString());
  }
}

/** Waits until all publishes of channel 1 from one number to another are settled, in whatever groups; the numbers of each kind. */
export async function settled(
  client: WireClient,
  first: number,
  last: number,
): Promise<{ ack: number[]; nack: number[] }> {
  const open = new Set(Array.from({ length: last - first + 1 }, (_, index) => first + index));
  const result = { ack: [] as number[], nack: [] as number[] };
  while (open.size > 0) {
    const { name, fields } = await client.next();
    if (name !== 'basic.ack' && name !== 'basic.nack') throw new Error(`Expected a confirm, got ${name}.`);
    const tag = fields['deliveryTag'] as number;
    const numbers = fields['multiple'] === true ? [...open].filter((number) => number <= tag) : [tag];
    for (const number of numbers) {
      if (!open.delete(number)) throw new Error(`${number} is settled twice.`);
      result[name === 'basic.ack' ? 'ack' : 'nack'].push(number);
    }
  }
  const ascending = (a: number, b: number): number => a - b;
  return { ack: result.ack.sort(ascending), nack: result.nack.sort(ascending) };
}

/** Publishes a body in as many frames as it needs. */
export function publishInFrames(client: WireClient, fields: Fields, body: Buffer, frameMax: number): void {
  const parts = [encodeMethod(1, 'basic.publish', fields), encodeContentHeader(1, body.length, {}, 60)];
  for (let offset = 0; offset < body.length; offset += frameMax - 8) {
    parts.push(encodeFrame(FRAME.body, 1, body.subarray(offset, offset + frameMax - 8)));
  }
  client.write(Buffer.concat(parts));
}

/** Publishes an empty message whose property flags and values are these octets. */
export function publishOctets(client: WireClient, fields: Fields, properties: Buffer): void {
  const header = Buffer.concat([Buffer.from([0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), properties]);
  client.write(Buffer.concat([encodeMethod(1, 'basic.publish', fields), encodeFrame(FRAME.header, 1, header)]));
}

/** A channel that the broker closed. */
export function channelClosed(method: string, code: number, text: string): Refusal {
  return { scope: 'channel', code, text, method };
}

/** A connection that the broker closed. */
export function connectionClosed(method: string, code: number, text: string): Refusal {
  return { scope: 'connection', code, text, method };
}
