import { once } from 'node:events';
import { type AddressInfo, connect as connectSocket, createServer } from 'node:net';
import { type Channel, type ConfirmChannel, connect } from 'amqplib';
import type { Broker } from '../../src/broker.js';

type Conversation = (channel: Channel, confirming: ConfirmChannel) => Promise<unknown>;

/** What people do with a broker, once each. */
const conversations: readonly Conversation[] = [
  async (channel) => {
    await channel.assertQueue('q0');
    channel.sendToQueue('q0', Buffer.from('hello'), { persistent: true, headers: { a: 1, b: ['x', { c: null }] } });
    await channel.prefetch(2);
    await channel.consume('q0', (message) => message && channel.ack(message));
    await channel.checkQueue('q0');
  },
  async (channel, confirming) => {
    await channel.assertExchange('x0', 'topic', { alternateExchange: 'amq.fanout' });
    await channel.assertQueue('q1', { maxLength: 3, messageTtl: 5, deadLetterExchange: 'x0', durable: false });
    await channel.bindQueue('q1', 'x0', 'a.*.#');
    await channel.bindExchange('x0', 'amq.direct', 'key', { 'x-match': 'any' });
    for (const key of ['a.b', 'a.b.c', 'b']) confirming.publish('x0', key, Buffer.alloc(300), { mandatory: true });
    await confirming.waitForConfirms();
    await channel.unbindQueue('q1', 'x0', 'a.*.#');
    await channel.deleteExchange('x0');
  },
  async (channel, confirming) => {
    await channel.consume('amq.rabbitmq.reply-to', () => undefined, { noAck: true });
    const { queue } = await confirming.assertQueue('', { exclusive: true });
    channel.sendToQueue(queue, Buffer.from('request'), { replyTo: 'amq.rabbitmq.reply-to', correlationId: '1' });
    await channel.checkQueue(queue);
    const request = await confirming.get(queue);
    if (request) {
      confirming.sendToQueue(request.properties.replyTo, Buffer.from('reply'), { correlationId: '1' });
      confirming.nack(request, false, false);
    }
    await confirming.waitForConfirms();
  },
  async (channel) => {
    await channel.assertQueue('q2', { arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 2 } });
    channel.sendToQueue('q2', Buffer.alloc(10_000));
    const message = await channel.get('q2');
    if (message) channel.reject(message, true);
    await channel.recover();
    await channel.purgeQueue('q2');
    await channel.deleteQueue('q2');
  },
];

/** Has amqplib talk with a broker, and keeps what it writes: the octets of each connection. */
export async function recordSessions(broker: Broker): Promise<Buffer[]> {
  const sessions: Buffer[] = [];
  for (const converse of conversations) sessions.push(await record(broker, converse));
  return sessions;
}

async function record(broker: Broker, converse: Conversation): Promise<Buffer> {
  const written: Buffer[] = [];
  const proxy = createServer((client) => {
    const upstream = connectSocket(broker.port, broker.host);
    client.on('data', (octets) => written.push(octets));
    client.pipe(upstream).pipe(client);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo;
  const connection = await connect(`amqp://guest:guest@127.0.0.1:${port}?heartbeat=0`, { noDelay: true });
  await converse(await connection.createChannel(), await connection.createConfirmChannel());
  await connection.close();
  proxy.close();
  await once(proxy, 'close');
  return Buffer.concat(written);
}

/** Takes octets of a session apart: its header, then frame by frame. */
export function framesOf(session: Buffer): Buffer[] {
  const frames = [session.subarray(0, 8)];
  for (let at = 8; at < session.length; ) {
    const end = at + 8 + session.readUInt32BE(at + 3);
    frames.push(session.subarray(at, end));
    at = end;
  }
  return frames;
}
