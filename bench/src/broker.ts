import { uniqueName, useRabbitmq } from '@leveret/tooling-rabbitmq';
import { connect } from 'amqplib';

/** The broker that all contenders share, and what the bench itself does with it. */
export interface Broker extends AsyncDisposable {
  readonly version: string;
  /** How it was started, as far as it decides the figures. */
  readonly settings: string;
  /** A place of its own for a contender; without a virtual host on a broker that is not ours to command. */
  place(): Promise<{ readonly url: string; readonly virtualHost: string | undefined }>;
  /** Declares a queue of a new name with so many messages of 100 bytes, and resolves to the name. */
  fillQueue(url: string, messages: number): Promise<string>;
  /** Resolves to how many messages it held. */
  deleteQueue(url: string, name: string): Promise<number>;
  /** As an operator does. */
  closeConnections(virtualHost: string): Promise<void>;
}

/** LEVERET_RABBITMQ_URL, or a RabbitMQ of our own. */
export async function openBroker(): Promise<Broker> {
  const access = await useRabbitmq();
  const { control } = access;
  const withChannel = async <T>(url: string, use: (channel: ConfirmChannel) => Promise<T>): Promise<T> => {
    const model = await connect(url, { noDelay: true });
    try {
      return await use(await model.createConfirmChannel());
    } finally {
      await model.close();
    }
  };
  const model = await connect(access.url);
  const version = String(model.connection.serverProperties['version']);
  await model.close();
  return {
    version,
    settings:
      control === undefined
        ? 'the broker of LEVERET_RABBITMQ_URL, with whatever settings it has'
        : 'started by the bench with one scheduler thread and no busy waiting (+S 1:1 +sbwt none), classic transient queues',
    place: async () => {
      if (control === undefined) return { url: access.url, virtualHost: undefined };
      const { name, url } = await control.createVirtualHost();
      return { url, virtualHost: name };
    },
    fillQueue: (url, messages) =>
      withChannel(url, async (channel) => {
        const name = uniqueName('bench');
        await channel.assertQueue(name, { durable: false });
        const body = Buffer.alloc(100, 'x');
        for (let i = 0; i < messages; i += 1) {
          channel.sendToQueue(name, body, { persistent: true });
          // Not all of them at once in this process's memory.
          if (i % 1_000 === 999) await channel.waitForConfirms();
        }
        await channel.waitForConfirms();
        return name;
      }),
    deleteQueue: (url, name) => withChannel(url, async (channel) => (await channel.deleteQueue(name)).messageCount),
    closeConnections: async (virtualHost) => {
      await control?.closeConnections('bench', { match: (connection) => connection.virtualHost === virtualHost });
    },
    [Symbol.asyncDispose]: () => access.release(),
  };
}

type ConfirmChannel = Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['createConfirmChannel']>>;
