import { readFileSync } from 'node:fs';
import type { BrokerOptions } from '../options.js';
import type { CommandLine } from './command-line.js';
import { UsageError } from './usage.js';
import { parseUserList, parseUsers } from './users.js';

/** The environment variable that names users. */
const USERS_VARIABLE = 'LEVERET_BROKER_USERS';

/** What the broker is to be started with. Reads the files that the command line names; throws a UsageError. */
export function brokerOptions(line: CommandLine, environment: NodeJS.ProcessEnv): BrokerOptions {
  const users = {
    ...parseUserList(environment[USERS_VARIABLE] ?? '', USERS_VARIABLE),
    ...(line.usersFile === undefined ? {} : parseUserList(read('--users-file', line.usersFile), '--users-file')),
    ...parseUsers(line.users, '--user'),
  };
  if (line.usersFile !== undefined && Object.keys(users).length === 0) {
    throw new UsageError('--users-file names a file without a user in it.');
  }
  const { port, host, heartbeatSeconds, tls, virtualHosts } = line;
  return {
    port,
    host,
    ...(Object.keys(users).length === 0 ? {} : { users }),
    ...(virtualHosts.length === 0 ? {} : { virtualHosts }),
    ...(heartbeatSeconds === undefined ? {} : { heartbeatSeconds }),
    ...(tls === undefined
      ? {}
      : { tls: { key: read('--tls-key', tls.keyFile), cert: read('--tls-cert', tls.certFile) } }),
  };
}

function read(option: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${option} cannot be read: ${error instanceof Error ? error.message : String(error)}.`, {
      cause: error,
    });
  }
}
