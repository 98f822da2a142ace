import { once } from 'node:events';
import { startRabbitmq } from './rabbitmq.ts';

// By hand: `node tooling/rabbitmq/src/main.ts` starts a broker and prints its URL; Ctrl-C ends it, and all that is in it.
try {
  await using broker = await startRabbitmq();
  process.stdout.write(`${broker.url}\n`);
  // The broker keeps no process alive, and neither does a listener for signals.
  const keepAlive = setInterval(() => {}, 2 ** 30);
  await Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal)));
  clearInterval(keepAlive);
} catch (error) {
  process.stderr.write(`leveret: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
