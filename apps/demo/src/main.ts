import { ConnectionClosedError } from '@leveret/transport';
import { runBrokerPart } from './broker-part.ts';
import { runDemo } from './demo.ts';
import { parseOptions } from './options.ts';
import { formatReport } from './report.ts';
import { runServerPart } from './server-part.ts';
import { createTerminal, silentTerminal } from './terminal.ts';
import { defaultUrl, UsageError, usage } from './usage.ts';

const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
// npm hands a Ctrl-C on to its child, which had it from the terminal already: both are one keystroke.
const ONE_KEYSTROKE_MS = 200;

const titles = {
  whole: 'a compute service in the small, and a broker that is cut under it',
  client: 'the client of a compute service in the small',
  server: 'a server of a compute service in the small',
  broker: 'the broker of a compute service in the small',
} as const;

process.exitCode = await main();

async function main(): Promise<number> {
  // Whoever reads has enough (`| head`): that is no reason to crash.
  process.stdout.on('error', () => process.exit(1));
  const interrupt = new AbortController();
  let interruptedWith: number | undefined;
  let interruptedAt = 0;
  for (const [name, status] of Object.entries(signals)) {
    process.on(name, () => {
      if (interruptedWith !== undefined) {
        if (performance.now() - interruptedAt < ONE_KEYSTROKE_MS) return;
        // RabbitMQ's guardian, the Python peer and the parts in processes of their own see this one end, and end too.
        if (process.stdout.isTTY) process.stdout.write('\n');
        process.exit(status);
      }
      interruptedWith = status;
      interruptedAt = performance.now();
      interrupt.abort();
    });
  }
  let advice = '';
  try {
    const options = parseOptions(process.argv.slice(2), process.env);
    if (options === 'help') {
      process.stdout.write(usage);
      return 0;
    }
    if ('url' in options && options.url === defaultUrl)
      advice = ' Start it in another terminal: npm run demo -- broker';
    const json = 'json' in options && options.json;
    const terminal = json ? silentTerminal() : createTerminal(process.stdout, process.env);
    terminal.line(`\n  ${terminal.paint('bold', 'leveret')} - ${titles[options.part]}\n`);
    if (options.part === 'broker' || options.part === 'server') {
      await (options.part === 'broker'
        ? runBrokerPart(options, terminal, process.stdin, interrupt.signal)
        : runServerPart(options, terminal, interrupt.signal));
      return 0;
    }
    const figures = await runDemo(options, terminal, interrupt.signal);
    process.stdout.write(json ? `${JSON.stringify(figures, rounded, 2)}\n` : formatReport(figures, terminal.paint));
    return interruptedWith ?? (figures.nothingLost ? 0 : 1);
  } catch (error) {
    // Interrupted while something was started that cannot be stopped half-way.
    if (interruptedWith !== undefined) process.exit(interruptedWith);
    process.stderr.write(`leveret demo: ${explain(error, advice)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** Microseconds say nothing. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 100) / 100 : value;
}

/** The error in a sentence; `advice` is for a broker that cannot be reached. */
function explain(error: unknown, advice: string): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof UsageError) return `${error.message} See --help.`;
  // That it gave up connecting says little; why says all.
  if (!(error instanceof ConnectionClosedError)) return error.message;
  return `${error.cause instanceof Error ? error.cause.message : error.message}${advice}`;
}
