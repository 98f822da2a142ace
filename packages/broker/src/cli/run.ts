import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { BrokerOptions } from '../options.js';
import { announce, formatBanner, formatJson, networkWarning, type RunningBroker } from './announcement.js';
import { parseCommandLine } from './command-line.js';
import { describeEvent } from './describe-event.js';
import { explain } from './explain.js';
import { brokerOptions } from './settings.js';
import { USAGE, UsageError } from './usage.js';

/** What the command line works with, and a test replaces. */
export interface Surroundings {
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly version: string;
  readonly pid: number;
  start(options: BrokerOptions): Promise<RunningBroker>;
  /** Writes to stdout. */
  print(text: string): void;
  /** Writes to stderr. */
  complain(text: string): void;
  /** Aborted when the broker is to end. */
  readonly end: AbortSignal;
}

/** The broker gives clients half a second to answer; whoever pressed Ctrl-C does not wait for more. */
const CLOSE_LIMIT_MS = 800;

/** Runs the command line, for as long as the broker runs. Resolves with the exit status, and never rejects. */
export async function run(surroundings: Surroundings): Promise<number> {
  const { print, complain, version } = surroundings;
  try {
    const line = parseCommandLine(surroundings.args);
    if (line === 'help') print(USAGE);
    else if (line === 'version') print(`${version}\n`);
    else await serve(surroundings, brokerOptions(line, surroundings.environment), line);
    return 0;
  } catch (error) {
    complain(`leveret broker: ${explain(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function serve(
  { start, print, complain, version, pid, end }: Surroundings,
  options: BrokerOptions,
  { json, verbose }: { readonly json: boolean; readonly verbose: boolean },
): Promise<void> {
  const tellEvent: BrokerOptions['onEvent'] = (event) => {
    complain(`${new Date().toISOString().slice(11, 23)} ${describeEvent(event)}\n`);
  };
  const broker = await start(verbose ? { ...options, onEvent: tellEvent } : options);
  const warning = networkWarning(broker.host, options);
  if (warning !== undefined) complain(`leveret broker: ${warning}\n`);
  const announcement = announce(broker, options, version, pid);
  print(json ? formatJson(announcement) : formatBanner(announcement));
  if (!end.aborted) await once(end, 'abort');
  await Promise.race([broker.close(), wait(CLOSE_LIMIT_MS, undefined, { ref: false })]);
}
