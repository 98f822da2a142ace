import { type ChannelModel, connect } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RabbitmqAccess, useRabbitmq } from '../src/index.ts';

describe('the broker of the global setup', () => {
  let access: RabbitmqAccess;

  beforeAll(async () => {
    access = await useRabbitmq();
  });

  afterAll(() => access.release());

  it('takes connections to a virtual host of the test file', async () => {
    const { url } = await access.virtualHostForTestFile();
    const connection: ChannelModel = await connect(url);
    const channel = await connection.createChannel();
    const queue = access.uniqueName('greetings');
    await channel.assertQueue(queue, { durable: false });
    channel.sendToQueue(queue, Buffer.from('hello'));
    await channel.checkQueue(queue);
    const message = await channel.get(queue, { noAck: true });
    expect(message === false ? undefined : message.content.toString()).toBe('hello');
    await connection.close();
  });

  it('is commanded from a worker when it is ours', async () => {
    if (access.control === undefined) {
      // Somebody else's broker, which is never commanded.
      expect(process.env['LEVERET_RABBITMQ_URL']).toBe(access.url);
      return;
    }
    const name = access.uniqueName('élan');
    const virtualHost = await access.control.createVirtualHost(name);
    expect(virtualHost).toEqual({ name, url: access.control.urlOf(name) });
    expect(await access.control.queues(name)).toEqual([]);
    await access.control.deleteVirtualHost(name);
  });
});
