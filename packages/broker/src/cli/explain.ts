import { UsageError } from './usage.js';

/** Why the broker did not start, in sentences that say what to do. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof UsageError) return `${error.message} See --help.`;
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ERR_LEVERET_BROKER_PORT') return `${error.message} The options for it are --port and --host.`;
  if (code === 'ERR_LEVERET_BROKER_OPTION') return `${error.message} See --help.`;
  return error.message;
}
