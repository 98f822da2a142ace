import { amqpConnectionManager } from './adapters/amqp-connection-manager.ts';
import { bareAmqplib } from './adapters/bare-amqplib.ts';
import { cloudamqp } from './adapters/cloudamqp.ts';
import { leveret } from './adapters/leveret.ts';
import { rabbitmqClient } from './adapters/rabbitmq-client.ts';
import { type Command, PeerCommands } from './peer-commands.ts';

// A client or server process: `node peer-main.ts ADAPTER`, told what to do by its parent.
const adapter = {
  leveret,
  bare: bareAmqplib,
  'rabbitmq-client': rabbitmqClient,
  'amqp-connection-manager': amqpConnectionManager,
  cloudamqp,
}[process.argv[2] ?? ''];
if (adapter === undefined) throw new Error(`There is no adapter '${process.argv[2]}'.`);
const commands = new PeerCommands(adapter);

process.on('message', async ({ id, command }: { id: number; command: Command }) => {
  try {
    process.send?.({ id, figures: await commands.run(command) });
  } catch (error) {
    process.send?.({ id, error: String(error) });
  }
});
// The parent has ended, in whatever way.
process.on('disconnect', () => process.exit());
