import { type ConfirmChannel, connect } from 'amqplib';

/** What a load does to a broker, again and again. Both resolve when the message is through. */
export interface BenchClient extends AsyncDisposable {
  /** Into a queue that nobody reads, until the broker has confirmed. */
  publish(body: Buffer): Promise<void>;
  /** Into a queue with a consumer: until the broker has confirmed, and the consumer has it and has sent its ack. */
  deliver(body: Buffer): Promise<void>;
  /** Empties the queue that nobody reads. */
  purge(): Promise<void>;
}

// More than the largest window: what a consumer may hold is no part of what is measured.
const PREFETCH = 2_000;

/** amqplib, with a connection that publishes and one that consumes, as a service would have them. */
export async function openClient(url: string): Promise<BenchClient> {
  const publisher = await connect(url, { noDelay: true });
  const consumer = await connect(url, { noDelay: true });
  const publishing = await publisher.createConfirmChannel();
  const consuming = await consumer.createChannel();
  const options = { durable: false, exclusive: true };
  const kept = await publishing.assertQueue('', options);
  const read = await consuming.assertQueue('', options);
  await consuming.prefetch(PREFETCH);

  // One publisher and one consumer: the n-th message is the n-th delivery.
  const waiting = new Map<number, () => void>();
  let published = 0;
  await consuming.consume(read.queue, (message) => {
    if (message === null) return;
    consuming.ack(message);
    const { deliveryTag } = message.fields;
    waiting.get(deliveryTag)?.();
    waiting.delete(deliveryTag);
  });
  return {
    publish: (body) => confirmed(publishing, kept.queue, body),
    deliver: async (body) => {
      published += 1;
      const number = published;
      const delivered = new Promise<void>((resolve) => {
        waiting.set(number, resolve);
      });
      await Promise.all([confirmed(publishing, read.queue, body), delivered]);
    },
    purge: async () => {
      await publishing.purgeQueue(kept.queue);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([publisher.close(), consumer.close()]);
    },
  };
}

function confirmed(channel: ConfirmChannel, queue: string, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    channel.publish('', queue, body, {}, (error) => (error ? reject(error) : resolve()));
  });
}
