import { expect, it } from 'vitest';
import { useBroker } from '../src/index.ts';
import { useConnections } from './dial.ts';

const dial = useConnections();

it('gives test files virtual hosts that know nothing of each other', async () => {
  await using broker = await useBroker();
  const hosts = [await broker.virtualHostForTestFile(), await broker.virtualHostForTestFile()];
  const names = [broker.uniqueName('one'), broker.uniqueName('two')];
  for (const [index, { url }] of hosts.entries()) {
    const channel = await (await dial(url)).createChannel();
    await channel.assertQueue(names[index] as string, { exclusive: true });
  }
  // Somebody else's RabbitMQ has one virtual host for all, and is never commanded.
  if (broker.control === undefined) return;
  for (const [index, { url }] of hosts.entries()) {
    const queues = await broker.control.queues(decodeURIComponent(new URL(url).pathname.slice(1)));
    expect(queues.map(({ name }) => name)).toEqual([names[index]]);
  }
});

it('refuses to guess which broker is meant', async () => {
  const before = process.env['LEVERET_TOOLING_BROKER'];
  process.env['LEVERET_TOOLING_BROKER'] = 'rabbit';
  try {
    await expect(useBroker()).rejects.toThrow('LEVERET_TOOLING_BROKER takes rabbitmq or embedded; it is rabbit.');
  } finally {
    if (before === undefined) delete process.env['LEVERET_TOOLING_BROKER'];
    else process.env['LEVERET_TOOLING_BROKER'] = before;
  }
});
