import { InvalidArgumentError } from './errors.js';
import type { IgnoredOption } from './ignored-option.js';
import type { OptionLayer } from './option-layers.js';
import { type TlsFiles, tlsFromFiles } from './tls-files.js';
import type { TlsSource } from './tls-options.js';

/** How TLS is made, and the names of the options that say it. */
export interface ResolvedTls {
  readonly source: TlsSource;
  readonly given: readonly string[];
}

const NAMES = [
  'tlsCaFile',
  'tlsCertFile',
  'tlsKeyFile',
  'tlsKeyPassphrase',
  'tlsVerify',
  'tlsServerName',
  'tlsVersion',
] as const satisfies readonly (keyof TlsFiles)[];

/**
 * The option `tls`, or else what the files and the like make of it.
 * @throws InvalidArgumentError when code gives both.
 */
export function resolveTls(
  code: OptionLayer,
  layers: readonly OptionLayer[],
  ignored: (option: IgnoredOption) => void,
): ResolvedTls {
  const values: Record<string, unknown> = {};
  for (const name of NAMES) values[name] = layers.find((layer) => layer[name] !== undefined)?.[name];
  const given = NAMES.filter((name) => values[name] !== undefined);
  const { tls } = code;
  if (tls === undefined) {
    return { source: given.length === 0 ? {} : tlsFromFiles(values as unknown as TlsFiles), given };
  }
  const twice = given.find((name) => code[name] !== undefined);
  if (twice !== undefined) {
    throw new InvalidArgumentError(`tls and ${twice} are two ways to say the same: give one of them.`);
  }
  for (const option of given) ignored({ option, reason: 'the option `tls` is given in code, and is in place of it' });
  return { source: tls as TlsSource, given: ['tls'] };
}
