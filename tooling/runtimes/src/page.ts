/** The whole of docs/runtimes.md. */
export function formatPage(date: string, table: string, leftOut: string): string {
  return `# Where the leaves run

This page is written by \`npm run test:runtimes\`, last on ${date}. It runs the unit suites of \`@leveret/url\`, \`@leveret/retry\` and
\`@leveret/heartbeat\`, the same files with the same vitest, on every runtime. Chromium is headless, in vitest's browser mode.

${table}

Every test runs everywhere. Left out is what fails for a reason that is known and is not the package's, or that its README tells.
Where the reason is only a function of Node's, the test uses that, and a browser has it not.

${leftOut}
`;
}
