import type { Result } from './results.ts';
import { suites } from './suites.ts';
import { formatLeftOut, formatTable } from './table.ts';

/** The whole of docs/runtimes.md. */
export function formatPage(results: readonly Result[]): string {
  const dates = results.map(({ date }) => date).toSorted();
  const [first, last] = [dates[0], dates.at(-1)];
  const columns = new Map(suites.map((suite) => [`${suite.package} ${suite.part ?? ''}`.trim(), [suite]]));
  return `# Where the packages run

This page is made from [runtimes.json](runtimes.json), which \`npm run test:runtimes\` writes, as are the tables in the READMEs; the
runs were ${first === last ? `on ${last}` : `from ${first} to ${last}`}. On every runtime it is the same files with the same vitest. Chromium is headless, in vitest's browser
mode, and runs the leaves, which need no sockets.

${formatTable(results, columns)}

The tests are a package's unit tests; with the embedded broker, also those of \`test/\` on it, in the same process. "On RabbitMQ"
are the same on a real broker: they cut its connections, freeze, kill and restart it, speak TLS with it, and rpc's call real
oslo.messaging in Python and are called by it. One RabbitMQ serves all runtimes; the tests that break one start their own.
"Packed" is what a user installs: the example of each README by import and by require, and whether a package loaded both ways is one.

Every test runs everywhere. Left out is what fails for a reason that is known and is not the package's, or that its README tells.
Where the reason is only a function of Node's, the test uses that, and a browser has it not.

${formatLeftOut(results, suites)}
`;
}
