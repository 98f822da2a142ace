import { type Broker, startOwnRabbitmq, useForeignBroker } from './broker.ts';
import { startEmbeddedBroker } from './embedded-broker.ts';
import type { RunOptions } from './options.ts';
import { duration } from './report.ts';
import { startBrokerProcess } from './separate-processes.ts';
import { labelled, type Terminal } from './terminal.ts';

/**
 * The broker that the options ask for, started or reached, and told of.
 * @throws the tooling's, the transport's and the embedded broker's errors when there is none to be had.
 */
export async function findBroker(options: RunOptions, terminal: Terminal): Promise<Broker> {
  const tell = (text: string): void => terminal.line(labelled(terminal, 'broker', text));
  const startedAt = performance.now();
  const took = (): string => `started in ${duration(performance.now() - startedAt)}`;
  if (options.part === 'client') {
    const broker = await useForeignBroker(options.url);
    tell(`at ${broker.host}`);
    return { ...broker, cutsInWords: 'the connections of this client are cut twice, by a proxy before it' };
  }
  if (options.broker.kind === 'url') {
    const broker = await useForeignBroker(options.broker.url);
    tell(`yours, at ${broker.host}`);
    return broker;
  }
  if (options.broker.kind === 'rabbitmq') return startRabbitmqSeen(terminal);
  if (options.processes) {
    const broker = await startBrokerProcess();
    tell(`embedded, process ${broker.pid}, at ${broker.host}; ${took()}`);
    return broker;
  }
  const broker = await startEmbeddedBroker();
  tell(`embedded in this process, at ${broker.host}; ${took()}`);
  return broker;
}

async function startRabbitmqSeen(terminal: Terminal): Promise<Broker> {
  const startedAt = performance.now();
  const show = (): void => {
    const seconds = Math.floor((performance.now() - startedAt) / 1000);
    terminal.status(labelled(terminal, 'broker', `starting a RabbitMQ for this run, ${seconds} s …`));
  };
  const ticker = setInterval(show, 1000);
  show();
  try {
    const broker = await startOwnRabbitmq();
    const took = duration(performance.now() - startedAt);
    terminal.done();
    terminal.line(labelled(terminal, 'broker', `RabbitMQ at ${broker.host}, started for this run in ${took}`));
    return broker;
  } finally {
    clearInterval(ticker);
    terminal.done();
  }
}
