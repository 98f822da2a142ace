import { parseArgs } from 'node:util';
import { nearest } from './nearest.js';
import { UsageError } from './usage.js';

/** What the command line asks for, files not yet read. */
export interface CommandLine {
  readonly port: number;
  readonly host: string;
  /** As typed: NAME:PASSWORD. */
  readonly users: readonly string[];
  readonly usersFile: string | undefined;
  /** Empty: the broker's default. */
  readonly virtualHosts: readonly string[];
  readonly tls: { readonly keyFile: string; readonly certFile: string } | undefined;
  readonly heartbeatSeconds: number | undefined;
  readonly json: boolean;
  readonly verbose: boolean;
}

/** AMQP's own, since that is where a client looks. */
const DEFAULT_PORT = 5672;

const options = {
  port: { type: 'string' },
  host: { type: 'string' },
  user: { type: 'string', multiple: true },
  'users-file': { type: 'string' },
  vhost: { type: 'string', multiple: true },
  'tls-key': { type: 'string' },
  'tls-cert': { type: 'string' },
  heartbeat: { type: 'string' },
  json: { type: 'boolean' },
  verbose: { type: 'boolean' },
  version: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Reads the arguments. Throws a UsageError that names what cannot be. */
export function parseCommandLine(args: readonly string[]): CommandLine | 'help' | 'version' {
  // Not strict: its words are for programmers, and it shows the values of options, which may be passwords.
  const { values, tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  for (const token of tokens) check(token);
  if (values.help === true) return 'help';
  if (values.version === true) return 'version';
  return {
    port: wholeNumber('port', text(values.port)) ?? DEFAULT_PORT,
    host: text(values.host) ?? '127.0.0.1',
    users: texts(values.user),
    usersFile: text(values['users-file']),
    virtualHosts: texts(values.vhost),
    tls: tlsFiles(text(values['tls-key']), text(values['tls-cert'])),
    heartbeatSeconds: wholeNumber('heartbeat', text(values.heartbeat)),
    json: values.json === true,
    verbose: values.verbose === true,
  };
}

type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number];

function check(token: Token): void {
  if (token.kind === 'positional') {
    const meant = /^\d+$/.test(token.value) ? ` Did you mean --port ${token.value}?` : '';
    throw new UsageError(`There is nothing to do with the argument '${token.value}'.${meant}`);
  }
  if (token.kind === 'option-terminator') return;
  const type = Object.hasOwn(options, token.name) ? options[token.name as keyof typeof options].type : undefined;
  if (type === undefined) {
    const near = nearest(token.name, Object.keys(options));
    throw new UsageError(`There is no option ${token.rawName}.${near === undefined ? '' : ` Did you mean --${near}?`}`);
  }
  if (type === 'boolean' && token.value !== undefined) throw new UsageError(`${token.rawName} takes no value.`);
  // What looks like an option is one, unless it was written as --name=value.
  const looksLikeOption = !token.inlineValue && token.value?.startsWith('--') === true;
  if (type === 'string' && (token.value === undefined || token.value === '' || looksLikeOption)) {
    throw new UsageError(`${token.rawName} needs a value.`);
  }
}

type Value = string | boolean | undefined;

function text(value: Value): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function texts(values: readonly Value[] | Value): readonly string[] {
  return Array.isArray(values) ? values.filter((value) => typeof value === 'string') : [];
}

function wholeNumber(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (/^\d+$/.test(value) && number <= 65_535) return number;
  throw new UsageError(`--${name} takes a whole number from 0 to 65535, not '${value}'.`);
}

function tlsFiles(keyFile: string | undefined, certFile: string | undefined): CommandLine['tls'] {
  if (keyFile === undefined && certFile === undefined) return undefined;
  if (keyFile === undefined || certFile === undefined) {
    throw new UsageError('TLS needs both --tls-key and --tls-cert.');
  }
  return { keyFile, certFile };
}
