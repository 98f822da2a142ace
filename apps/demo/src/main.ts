import { ConnectionClosedError } from '@leveret/transport';
import { runDemo } from './demo.ts';
import { parseOptions, UsageError, usage } from './options.ts';
import { formatReport } from './report.ts';
import { createTerminal, silentTerminal } from './terminal.ts';

const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

process.exitCode = await main();

async function main(): Promise<number> {
  // Whoever reads has enough (`| head`): that is no reason to crash.
  process.stdout.on('error', () => process.exit(1));
  const interrupt = new AbortController();
  let interruptedWith: number | undefined;
  for (const [name, status] of Object.entries(signals)) {
    process.on(name, () => {
      // The broker's guardian and the Python peer see this process end, and end too.
      if (interruptedWith !== undefined) {
        if (process.stdout.isTTY) process.stdout.write('\n');
        process.exit(status);
      }
      interruptedWith = status;
      interrupt.abort();
    });
  }
  try {
    const options = parseOptions(process.argv.slice(2), process.env);
    if (options === 'help') {
      process.stdout.write(usage);
      return 0;
    }
    const terminal = options.json ? silentTerminal() : createTerminal(process.stdout, process.env);
    terminal.line(`\n  ${terminal.paint('bold', 'leveret')} - a compute service in the small, over RabbitMQ\n`);
    const figures = await runDemo(options, terminal, interrupt.signal);
    process.stdout.write(
      options.json ? `${JSON.stringify(figures, rounded, 2)}\n` : formatReport(figures, terminal.paint),
    );
    return interruptedWith ?? (figures.nothingLost ? 0 : 1);
  } catch (error) {
    // Interrupted while something was started that cannot be stopped half-way.
    if (interruptedWith !== undefined) process.exit(interruptedWith);
    process.stderr.write(`leveret demo: ${explain(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** Microseconds say nothing. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 100) / 100 : value;
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof UsageError) return `${error.message} See --help.`;
  // That it gave up connecting says little; why says all.
  return error instanceof ConnectionClosedError && error.cause instanceof Error ? error.cause.message : error.message;
}
