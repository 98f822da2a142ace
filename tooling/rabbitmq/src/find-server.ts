import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { canInstallDebianPackages, installDebianPackages } from './debian.ts';
import { RabbitmqToolingError } from './errors.ts';
import { matchingPaths } from './matching-paths.ts';

/** The programs of one RabbitMQ installation. */
export interface ServerPrograms {
  readonly server: string;
  readonly ctl: string;
  /** Erlang's port mapper. */
  readonly epmd: string;
  /** Evaluates Erlang in a running node, within milliseconds; some Erlang packages leave it out. */
  readonly erlCall: string | undefined;
}

const toolingFolders = [
  // Debian's /usr/sbin/rabbitmq-server changes to the user rabbitmq; the script it wraps runs as whoever starts it.
  '/usr/lib/rabbitmq/bin',
  '/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin',
  '/opt/homebrew/opt/rabbitmq/sbin',
  '/usr/local/opt/rabbitmq/sbin',
  '/opt/rabbitmq/sbin',
];
const erlangFolders = [
  '/usr/lib/erlang',
  '/usr/local/lib/erlang',
  '/opt/homebrew/lib/erlang',
  '/opt/erlang/lib/erlang',
];

function firstExecutable(patterns: readonly string[]): string | undefined {
  for (const file of patterns.flatMap(matchingPaths)) {
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not this one; the next candidate may be.
    }
  }
  return undefined;
}

function find(name: string, folders: readonly string[]): string | undefined {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return firstExecutable([...folders, ...path, '/usr/sbin', '/usr/local/sbin'].map((folder) => join(folder, name)));
}

/** The installed RabbitMQ, or `undefined` when there is none. */
function findServer(): ServerPrograms | undefined {
  const server = find('rabbitmq-server', toolingFolders);
  const ctl = find('rabbitmqctl', toolingFolders);
  const epmd = find(
    'epmd',
    erlangFolders.flatMap((folder) => [`${folder}/bin`, `${folder}/erts-*/bin`]),
  );
  if (server === undefined || ctl === undefined || epmd === undefined) return undefined;
  const erlCall = find(
    'erl_call',
    erlangFolders.flatMap((folder) => [`${folder}/bin`, `${folder}/lib/erl_interface-*/bin`]),
  );
  return { server, ctl, epmd, erlCall };
}

/**
 * The installed RabbitMQ; on Debian and its relatives, as root, installs it first when there is none.
 *
 * @throws {RabbitmqToolingError} ERR_LEVERET_TOOLING_NO_RABBITMQ, ERR_LEVERET_TOOLING_INSTALL
 */
export async function ensureServer(): Promise<ServerPrograms> {
  const found = findServer();
  if (found !== undefined) return found;
  if (canInstallDebianPackages()) {
    await installDebianPackages('rabbitmq-server');
    const installed = findServer();
    if (installed !== undefined) return installed;
  }
  throw new RabbitmqToolingError(
    'ERR_LEVERET_TOOLING_NO_RABBITMQ',
    'No RabbitMQ was found: install rabbitmq-server (Debian and Ubuntu: apt-get install rabbitmq-server; macOS: brew install rabbitmq), ' +
      'or set LEVERET_RABBITMQ_URL to the URL of a running broker, such as amqp://guest:guest@127.0.0.1:5672/',
  );
}
