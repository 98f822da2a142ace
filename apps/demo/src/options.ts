import { parseArgs } from 'node:util';
import { defaultPort, defaultUrl, UsageError } from './usage.ts';

/** How much is sent, and how it is told. */
export interface LoadSettings {
  readonly oslo: boolean;
  readonly json: boolean;
  readonly calls: number;
  readonly concurrency: number;
}

/** Which broker: the embedded one, a RabbitMQ that is started, or the one at a URL. */
export type BrokerChoice = { readonly kind: 'embedded' | 'rabbitmq' } | { readonly kind: 'url'; readonly url: string };

/** Everything, in one process or with a process for each part. */
export interface WholeOptions extends LoadSettings {
  readonly part: 'whole';
  readonly broker: BrokerChoice;
  readonly processes: boolean;
}

/** A client of servers that run elsewhere. */
export interface ClientOptions extends LoadSettings {
  readonly part: 'client';
  readonly url: string;
}

/** What runs a load and ends with a report. */
export type RunOptions = WholeOptions | ClientOptions;

/** A server in a terminal of its own. */
export interface ServerOptions {
  readonly part: 'server';
  readonly url: string;
  readonly name: string;
}

/** A broker in a terminal of its own. */
export interface BrokerOptions {
  readonly part: 'broker';
  readonly port: number;
}

/** What the command line asks for. */
export type DemoOptions = RunOptions | ServerOptions | BrokerOptions;

const loadOptions = ['oslo', 'json', 'once', 'calls', 'concurrency'];
const allowed: Readonly<Record<DemoOptions['part'], readonly string[]>> = {
  whole: ['url', 'rabbitmq', 'processes', ...loadOptions],
  client: ['url', ...loadOptions],
  server: ['url', 'name'],
  broker: ['port'],
};

/** @throws {UsageError} */
export function parseOptions(args: readonly string[], env: NodeJS.ProcessEnv): DemoOptions | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  const part = partNamed(positionals);
  for (const name of Object.keys(values)) {
    if (allowed[part].includes(name)) continue;
    const whose = part === 'whole' ? 'broker or server only' : `other parts than ${part}`;
    throw new UsageError(`The option --${name} is for ${whose}.`);
  }
  const given = values.url ?? (env['LEVERET_RABBITMQ_URL'] || undefined);
  if (given === '') throw new UsageError('--url needs a URL, such as amqp://user:password@host:5672/vhost.');
  switch (part) {
    case 'broker':
      return { part, port: wholeNumber('--port', values.port ?? String(defaultPort), 0, 65_535) };
    case 'server':
      return { part, url: given ?? defaultUrl, name: serverName(values.name) };
    case 'client':
      return { part, url: given ?? defaultUrl, ...loadSettings(values) };
    case 'whole': {
      const { rabbitmq = false, processes = false } = values;
      if (rabbitmq && values.url !== undefined) throw new UsageError('--url and --rabbitmq exclude each other.');
      return { part, broker: brokerChoice(rabbitmq, given), processes, ...loadSettings(values) };
    }
  }
}

type Values = ReturnType<typeof parse>['values'];

function brokerChoice(rabbitmq: boolean, url: string | undefined): BrokerChoice {
  if (rabbitmq) return { kind: 'rabbitmq' };
  return url === undefined ? { kind: 'embedded' } : { kind: 'url', url };
}

function loadSettings({ oslo = false, json = false, calls = '5000', concurrency = '50' }: Values): LoadSettings {
  return {
    oslo,
    json,
    calls: wholeNumber('--calls', calls, 100, 1_000_000),
    concurrency: wholeNumber('--concurrency', concurrency, 1, 1_000),
  };
}

/** Several servers in several terminals need several names; two of one name would share what is meant for one. */
function serverName(name = `host-${process.pid}`): string {
  if (/^[\w-]{1,64}$/.test(name)) return name;
  throw new UsageError('--name takes up to 64 letters, digits, hyphens and underscores.');
}

function partNamed(words: readonly string[]): DemoOptions['part'] {
  const [word] = words;
  if (word === undefined) return 'whole';
  if (words.length === 1 && (word === 'broker' || word === 'server' || word === 'client')) return word;
  throw new UsageError(strayWord);
}

// It does not repeat the word, which may be a URL with a password.
const strayWord =
  'Every argument but broker, server and client belongs behind an option; and npm passes options on behind two dashes: npm run demo -- --url URL.';

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        url: { type: 'string' },
        rabbitmq: { type: 'boolean' },
        processes: { type: 'boolean' },
        oslo: { type: 'boolean' },
        json: { type: 'boolean' },
        once: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        calls: { type: 'string' },
        concurrency: { type: 'string' },
        port: { type: 'string' },
        name: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError(explain(error as NodeJS.ErrnoException));
  }
}

function explain({ code, message }: NodeJS.ErrnoException): string {
  // Not Node's own sentence: it repeats what was typed, which may be a URL with a password.
  const option = /'(-[^\s'=]*)/.exec(message)?.[1];
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `There is no option ${option}.`;
  return `${option === undefined ? 'An option' : `The option ${option}`} lacks its value, or has one and takes none.`;
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new UsageError(`${name} must be a whole number from ${min} to ${max}.`);
}
