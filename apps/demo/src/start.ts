import { fileURLToPath } from 'node:url';
import { runProgram } from '@leveret/tooling-rabbitmq';
import { parseOptions } from './options.ts';
import { UsageError, usage } from './usage.ts';

// The first thing of all: the demo runs the built packages, so they are built: those that it needs, and only what has
// changed, by turbo's cache. Quietly, for the demo is what is to be seen.
const root = fileURLToPath(new URL('../../..', import.meta.url));
const needed = ['url', 'retry', 'heartbeat', 'transport', 'rpc', 'broker'];

// What turbo finds done takes it less than this; a build is worth a word.
const NOTICE_MS = 500;

async function build(): Promise<boolean> {
  const { isTTY } = process.stderr;
  let noticed = false;
  const notice = setTimeout(() => {
    noticed = true;
    const text = `  building what is new of ${needed.join(', ')} …`;
    process.stderr.write(isTTY ? text : `${text}\n`);
  }, NOTICE_MS);
  // Without type declarations, which take most of a build's time and are for compilers.
  const args = ['run', 'build:js', ...needed.map((name) => `--filter=@leveret/${name}`), '--output-logs=errors-only'];
  const { status, stdout, stderr } = await runProgram(`${root}node_modules/.bin/turbo`, args);
  clearTimeout(notice);
  if (noticed && isTTY) process.stderr.write('\r\x1b[2K');
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
