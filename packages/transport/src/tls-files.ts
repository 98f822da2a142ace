import type { ConnectionOptions, SecureVersion } from 'node:tls';
import { Secret } from '@leveret/url';
import { ConnectionRefusedError } from './errors.js';
import type { TlsSource } from './tls-options.js';

/** What is verified of a broker: its certificate and its name, only the certificate, or nothing. */
export type TlsVerify = 'full' | 'chain' | 'none';

/** TLS as far as text can say it. Undefined is Node's default. */
export interface TlsFiles {
  readonly tlsCaFile: string | undefined;
  readonly tlsCertFile: string | undefined;
  readonly tlsKeyFile: string | undefined;
  readonly tlsKeyPassphrase: string | Secret | undefined;
  readonly tlsVerify: TlsVerify | undefined;
  readonly tlsServerName: string | false | undefined;
  readonly tlsVersion: SecureVersion | undefined;
}

/** Options of `node:tls` that are made at each dial, with what is in the files then. */
export function tlsFromFiles(files: TlsFiles): TlsSource {
  return async (host) => {
    const [ca, cert, key] = await Promise.all([
      readPem(host, 'tlsCaFile', files.tlsCaFile),
      readPem(host, 'tlsCertFile', files.tlsCertFile),
      readPem(host, 'tlsKeyFile', files.tlsKeyFile),
    ]);
    return { ...ca, ...cert, ...key, ...passphraseOf(files), ...verificationOf(files), ...versionOf(files) };
  };
}

const PURPOSES = { tlsCaFile: 'ca', tlsCertFile: 'cert', tlsKeyFile: 'key' } as const;

async function readPem(
  host: string,
  option: keyof typeof PURPOSES,
  path: string | undefined,
): Promise<ConnectionOptions> {
  if (path === undefined) return {};
  // Loaded for who names files. See docs/decisions/0023.
  const { readFile } = await import('node:fs/promises');
  try {
    return { [PURPOSES[option]]: await readFile(path) };
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new ConnectionRefusedError(
      host,
      'tls',
      `The file '${path}' (${option}) cannot be read for ${host}: ${code}. See that it exists, and that this process may read it.`,
      { cause },
    );
  }
}

function passphraseOf({ tlsKeyPassphrase: secret }: TlsFiles): ConnectionOptions {
  if (secret === undefined) return {};
  return { passphrase: secret instanceof Secret ? secret.reveal() : secret };
}

function verificationOf({ tlsVerify, tlsServerName }: TlsFiles): ConnectionOptions {
  return {
    ...(tlsVerify === 'none' ? { rejectUnauthorized: false } : {}),
    ...(tlsVerify === 'chain' ? { checkServerIdentity: () => undefined } : {}),
    ...(tlsServerName === undefined ? {} : { servername: tlsServerName === false ? '' : tlsServerName }),
  };
}

function versionOf({ tlsVersion }: TlsFiles): ConnectionOptions {
  return tlsVersion === undefined ? {} : { minVersion: tlsVersion, maxVersion: tlsVersion };
}
