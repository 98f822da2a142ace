import { once } from 'node:events';
import { reach } from './broker.ts';
import { type HostEvent, startHost } from './compute-host.ts';
import { sharedTarget } from './join-service.ts';
import type { ServerOptions } from './options.ts';
import { duration } from './report.ts';
import { labelled, type Terminal } from './terminal.ts';
import { untilAborted } from './until-aborted.ts';

/** Runs one server of the service until the signal fires. @throws the transport's errors; `signal.reason` before it runs. */
export async function runServerPart(
  { url, name }: ServerOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const tell = (label: string, text: string): void => terminal.line(labelled(terminal, label, text));
  const address = { url, host: await untilAborted(reach(url), signal) };
  const starting = startHost({ address, target: sharedTarget, name, onEvent: outages(tell) });
  const host = await untilAborted(starting, signal);
  try {
    tell('server', `${name}, process ${process.pid}`);
    tell('broker', `at ${address.host}`);
    tell('client', 'npm run demo -- client, in another terminal');
    tell('end', 'Ctrl-C');
    terminal.line('');
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await host.stop();
  }
}

/** Tells of each connection that comes back how long it was away. */
function outages(tell: (label: string, text: string) => void): (event: HostEvent) => void {
  const lostAt = new Map<string, number>();
  return (event) => {
    if (event.type === 'connection-lost') lostAt.set(event.purpose, performance.now());
    if (event.type !== 'connection-opened') return;
    const since = lostAt.get(event.purpose);
    if (since === undefined) return;
    lostAt.delete(event.purpose);
    tell('cut', `the connection to ${event.purpose} was away for ${duration(performance.now() - since)}`);
  };
}
