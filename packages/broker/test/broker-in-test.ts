import { connect as connectSocket, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Channel, type ChannelModel, type ConfirmChannel, type ConsumeMessage, connect } from 'amqplib';
import { onTestFinished } from 'vitest';
import type { Broker } from '../src/broker.js';
import { startBroker } from '../src/embedded-broker.js';
import type { BrokerEvent } from '../src/events.js';
import type { BrokerOptions } from '../src/options.js';
import { WireClient } from './wire-client.js';

/** A broker for one test, which ends with it, and what it told. */
export interface BrokerInTest {
  readonly broker: Broker;
  readonly events: BrokerEvent[];
  /** The reasons of all connections that were rejected or closed so far. */
  reasons(): string[];
}

/** Starts a broker that is closed when the test is over. */
export async function brokerInTest(options: BrokerOptions = {}): Promise<BrokerInTest> {
  const events: BrokerEvent[] = [];
  const broker = await startBroker({ ...options, onEvent: (event) => void events.push(event) });
  onTestFinished(() => broker.close());
  const reasons = (): string[] =>
    events.flatMap((event) =>
      event.type === 'connection-rejected' || event.type === 'connection-closed' ? [event.reason] : [],
    );
  return { broker, events, reasons };
}

/** A connection of amqplib, and how it ended. */
export interface Client {
  readonly connection: ChannelModel;
  readonly channel: Channel;
  /** The messages of the errors it told, in order; `closed` when it told that it is. */
  readonly told: string[];
}

/** Connects amqplib to a broker, by a name, and opens a channel. It ends with the broker. */
export async function clientOf(broker: Broker, name?: string, url: string = broker.url): Promise<Client> {
  const clientProperties = name === undefined ? {} : { connection_name: name };
  const connection = await connect(url, { noDelay: true, clientProperties });
  const told: string[] = [];
  connection.on('error', (error) => told.push(error.message));
  connection.on('close', () => told.push('closed'));
  return { connection, channel: listening(await connection.createChannel()), told };
}

/** A channel whose errors are nobody's fault: a test that cares listens by itself. */
export function listening<C extends Channel>(channel: C): C {
  channel.on('error', () => undefined);
  return channel;
}

/** A further channel, with confirms. */
export async function confirming({ connection }: Client): Promise<ConfirmChannel> {
  return listening(await connection.createConfirmChannel());
}

/** Publishes, and says how the broker answered. */
export function publish(channel: ConfirmChannel, queue: string, body: string): Promise<'ack' | 'nack'> {
  return new Promise((resolve) => {
    channel.sendToQueue(queue, Buffer.from(body), { persistent: true }, (error) => resolve(error ? 'nack' : 'ack'));
  });
}

/** Consumes, and keeps what comes; `undefined` stands for the end of the consumer. */
export async function collect(
  channel: Channel,
  queue: string,
  options: { readonly noAck?: boolean; readonly consumerTag?: string } = { noAck: true },
): Promise<(ConsumeMessage | undefined)[]> {
  const messages: (ConsumeMessage | undefined)[] = [];
  await channel.consume(queue, (message) => void messages.push(message ?? undefined), options);
  return messages;
}

/** The bodies of messages. */
export function bodies(messages: readonly (ConsumeMessage | undefined)[]): string[] {
  return messages.map((message) => message?.content.toString() ?? 'cancelled');
}

/** A client of octets and methods; it is gone with the test. */
export async function rawClient(
  broker: Broker,
  options: Parameters<typeof WireClient.openChannel>[1] = {},
): Promise<WireClient> {
  const client = await WireClient.openChannel(targetOf(broker), options);
  onTestFinished(() => client.destroy());
  return client;
}

/** The same before it has sent anything. */
export async function silentClient(broker: Broker): Promise<WireClient> {
  const client = await WireClient.connect(targetOf(broker));
  onTestFinished(() => client.destroy());
  return client;
}

/** A connected socket, gone with the test; it keeps what it reads, and how it ended. */
export async function socketTo(
  broker: Broker,
): Promise<{ readonly socket: Socket; readonly seen: Buffer[]; readonly end: Promise<string> }> {
  const socket = connectSocket(broker.port, broker.host);
  const seen: Buffer[] = [];
  socket.on('data', (octets) => seen.push(octets));
  const end = new Promise<string>((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on('end', () => resolve('FIN'));
    socket.on('close', () => resolve('closed'));
  });
  onTestFinished(() => void socket.destroy());
  await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), end]);
  return { socket, seen, end };
}

/** Waits until it is so; throws after five seconds. */
export async function until(condition: () => boolean, what: string = condition.toString()): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`After 5 s it is still not so: ${what}`);
    await nextTurn();
  }
}

/** Waits until the broker has worked on everything that these channels sent before. */
export async function roundTrip(...channels: Channel[]): Promise<void> {
  for (const channel of channels) await channel.checkExchange('amq.direct');
}

function targetOf({ host, port }: Broker): Parameters<typeof WireClient.connect>[0] {
  return { host, port, username: 'guest', password: 'guest', virtualHost: '/' };
}
