#!/usr/bin/env node
import { whenOrphaned } from './cli/orphan.js';
import { run } from './cli/run.js';
import { onEnd } from './cli/signals.js';
import { startBroker } from './index.js';

declare const LEVERET_VERSION: string;

// Whoever read the URL has enough (`| head -1`): that is no reason to end the broker.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

whenOrphaned(
  process.env,
  () => process.ppid,
  () => process.kill(process.pid, 'SIGTERM'),
);
process.exitCode = await run({
  args: process.argv.slice(2),
  environment: process.env,
  version: LEVERET_VERSION,
  pid: process.pid,
  start: startBroker,
  print: (text) => void process.stdout.write(text),
  complain: (text) => void process.stderr.write(text),
  end: onEnd(process, (status) => process.exit(status)),
});
// A client that does not let go must not keep the process; what is still to be printed may.
setTimeout(() => process.exit(), 100).unref();
