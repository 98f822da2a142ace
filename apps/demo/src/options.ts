import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface DemoOptions {
  /** A broker of the user's; undefined: one is started. */
  readonly url: string | undefined;
  readonly oslo: boolean;
  readonly json: boolean;
  readonly calls: number;
  readonly concurrency: number;
}

/** The command line cannot be used; the message is a sentence that says why. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

export const usage = `A compute service in the small: three servers, a client, and a broker whose
connections are cut under them.

  npm run demo                 starts a RabbitMQ, which ends with the demo
  npm run demo -- [options]

  --url URL          use this RabbitMQ: amqp://user:password@host:5672/vhost
                     (default: LEVERET_RABBITMQ_URL, if it is set)
  --oslo             a fourth server, in Python with oslo.messaging
  --calls N          how many calls in all, 100 to 1 000 000 (default 5000)
  --concurrency N    how many at a time, 1 to 1 000 (default 50)
  --json             print the figures only, as one JSON object
  --once             end when all is done; the demo always does
  --help             this text

Exit status: 0 nothing was lost, 1 something was, or it could not run,
2 unusable options, 130 ended by Ctrl-C (a second Ctrl-C ends at once).
`;

/** @throws {UsageError} */
export function parseOptions(args: readonly string[], env: NodeJS.ProcessEnv): DemoOptions | 'help' {
  const { values } = parse(args);
  if (values.help) return 'help';
  const url = values.url ?? (env['LEVERET_RABBITMQ_URL'] || undefined);
  if (url === '') throw new UsageError('--url needs a URL, such as amqp://user:password@host:5672/vhost.');
  return {
    url,
    oslo: values.oslo,
    json: values.json,
    calls: wholeNumber('--calls', values.calls, 100, 1_000_000),
    concurrency: wholeNumber('--concurrency', values.concurrency, 1, 1_000),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: false,
      options: {
        url: { type: 'string' },
        oslo: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        once: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        calls: { type: 'string', default: '5000' },
        concurrency: { type: 'string', default: '50' },
      },
    });
  } catch (error) {
    throw new UsageError(explain(error as NodeJS.ErrnoException));
  }
}

function explain({ code, message }: NodeJS.ErrnoException): string {
  // Not Node's own sentence: it repeats what was typed, which may be a URL with a password.
  const option = /'(-[^\s'=]*)/.exec(message)?.[1];
  switch (code) {
    case 'ERR_PARSE_ARGS_UNKNOWN_OPTION':
      return `There is no option ${option}.`;
    case 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL':
      return 'Every argument belongs behind an option; and npm passes options on behind two dashes: npm run demo -- --url URL.';
    default:
      return `${option === undefined ? 'An option' : `The option ${option}`} lacks its value, or has one and takes none.`;
  }
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new UsageError(`${name} must be a whole number from ${min} to ${max}.`);
}
