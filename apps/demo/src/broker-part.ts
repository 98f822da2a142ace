import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Broker } from './broker.ts';
import { startEmbeddedBroker } from './embedded-broker.ts';
import type { BrokerOptions } from './options.ts';
import { labelled, type Terminal } from './terminal.ts';
import { defaultPort } from './usage.ts';

/**
 * Runs the demo's broker until the signal fires; in a terminal, Enter cuts every connection.
 * @throws {BrokerError} when the port cannot be had.
 */
export async function runBrokerPart(
  { port }: BrokerOptions,
  terminal: Terminal,
  input: NodeJS.ReadStream,
  signal: AbortSignal,
): Promise<void> {
  const broker = await startEmbeddedBroker(port);
  try {
    const elsewhere = port === defaultPort ? '' : ` --url ${broker.url}`;
    const lines = [
      ['broker', `embedded in this process, at ${broker.host}`],
      ['url', broker.url],
      ['servers', `npm run demo -- server${elsewhere}`],
      ['client', `npm run demo -- client${elsewhere}`],
      ['end', input.isTTY ? 'Ctrl-C; Enter cuts every connection' : 'Ctrl-C'],
    ] as const;
    for (const [name, text] of lines) terminal.line(labelled(terminal, name, text));
    terminal.line('');
    const cuts = input.isTTY ? cutOnEnter(broker, terminal, input) : undefined;
    if (!signal.aborted) await once(signal, 'abort');
    cuts?.close();
  } finally {
    await broker[Symbol.asyncDispose]();
  }
}

function cutOnEnter(broker: Broker, terminal: Terminal, input: NodeJS.ReadStream): { close(): void } {
  let number = 0;
  return createInterface({ input }).on('line', async () => {
    number += 1;
    const name = `cut ${number}`;
    const { connections, kind } = await broker.cut(number);
    terminal.line(labelled(terminal, name, `${connections} connections, ${kind}`));
  });
}
