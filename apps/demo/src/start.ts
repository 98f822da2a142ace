import { fileURLToPath } from 'node:url';
import { runProgram } from '@leveret/tooling-rabbitmq';
import { parseOptions, UsageError, usage } from './options.ts';

// The first thing of all: the demo runs the built packages, so they are built; quietly, for the demo is what is to be seen.
const root = fileURLToPath(new URL('../../..', import.meta.url));

async function build(): Promise<boolean> {
  const shown = process.stderr.isTTY ? '  building the packages …' : '';
  if (shown !== '') process.stderr.write(shown);
  const args = ['run', 'build', '--filter=@leveret/demo...', '--output-logs=errors-only'];
  const { status, stdout, stderr } = await runProgram(`${root}node_modules/.bin/turbo`, args);
  if (shown !== '') process.stderr.write('\r\x1b[2K');
  if (status !== 0)
    process.stderr.write(`${stdout}${stderr}\nleveret demo: the packages could not be built; see above.\n`);
  return status === 0;
}

try {
  if (parseOptions(process.argv.slice(2), process.env) === 'help') process.stdout.write(usage);
  else if (await build()) await import('./main.ts');
  else process.exitCode = 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`leveret demo: ${error.message} See --help.\n`);
  process.exitCode = 2;
}
