import type { Adapter } from './adapter.ts';
import { type Command, PeerCommands } from './peer-commands.ts';

// A client or server process: `node peer-main.ts ADAPTER`, told what to do by its parent. It loads no other library than its
// own: what others would do to its memory and its prototypes is not to be measured.
const adapters: Readonly<Record<string, () => Promise<Adapter>>> = {
  leveret: async () => (await import('./adapters/leveret.ts')).leveret,
  bare: async () => (await import('./adapters/bare-amqplib.ts')).bareAmqplib,
  'rabbitmq-client': async () => (await import('./adapters/rabbitmq-client.ts')).rabbitmqClient,
  'amqp-connection-manager': async () => (await import('./adapters/amqp-connection-manager.ts')).amqpConnectionManager,
  cloudamqp: async () => (await import('./adapters/cloudamqp.ts')).cloudamqp,
  nestjs: async () => (await import('./adapters/nestjs.ts')).nestjs,
};
const load = adapters[process.argv[2] ?? ''];
if (load === undefined) throw new Error(`There is no adapter '${process.argv[2]}'.`);
const commands = load().then((adapter) => new PeerCommands(adapter));

process.on('message', async ({ id, command }: { id: number; command: Command }) => {
  try {
    process.send?.({ id, figures: await (await commands).run(command) });
  } catch (error) {
    process.send?.({ id, error: String(error) });
  }
});
// The parent has ended, in whatever way.
process.on('disconnect', () => process.exit());
