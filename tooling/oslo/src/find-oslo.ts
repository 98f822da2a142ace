import { canInstallDebianPackages, installDebianPackages, runProgram } from '@leveret/tooling-rabbitmq';
import { OsloToolingError } from './errors.ts';

/** A Python interpreter that has oslo.messaging. */
export interface Oslo {
  readonly python: string;
  /** Of oslo.messaging. */
  readonly version: string;
}

// The import is tried, not only the metadata: a half-installed library has the one without the other.
const question = 'import oslo_messaging; from importlib import metadata; print(metadata.version("oslo.messaging"))';

async function ask(python: string): Promise<Oslo | undefined> {
  try {
    const { status, stdout } = await runProgram(python, ['-W', 'ignore', '-c', question]);
    return status === 0 ? { python, version: stdout.trim() } : undefined;
  } catch {
    // There is no such interpreter.
    return undefined;
  }
}

async function find(): Promise<Oslo> {
  const named = process.env['LEVERET_PYTHON'];
  if (named !== undefined && named !== '') {
    const oslo = await ask(named);
    if (oslo !== undefined) return oslo;
    throw new OsloToolingError(
      'ERR_LEVERET_TOOLING_NO_OSLO',
      'The interpreter that LEVERET_PYTHON names cannot import oslo_messaging: install oslo.messaging for it, or unset LEVERET_PYTHON.',
    );
  }
  // Debian's own interpreter, which sees Debian's packages; the first python3 on the PATH may be another one.
  const debian = '/usr/bin/python3';
  const found = await ask(debian);
  if (found !== undefined) return found;
  if (canInstallDebianPackages()) {
    await installDebianPackages('python3-oslo.messaging');
    const installed = await ask(debian);
    if (installed !== undefined) return installed;
  }
  throw new OsloToolingError(
    'ERR_LEVERET_TOOLING_NO_OSLO',
    'No Python with oslo.messaging was found: install it (Debian and Ubuntu: apt-get install python3-oslo.messaging), ' +
      'or set LEVERET_PYTHON to an interpreter that has it (pip install oslo.messaging).',
  );
}

let known: Promise<Oslo> | undefined;

/**
 * A Python with oslo.messaging: the one that LEVERET_PYTHON names, or Debian's. On Debian and its relatives, as root,
 * installs it first when there is none. Asked once in a process.
 *
 * @throws {OsloToolingError} ERR_LEVERET_TOOLING_NO_OSLO
 * @throws {RabbitmqToolingError} ERR_LEVERET_TOOLING_INSTALL
 */
export function ensureOslo(): Promise<Oslo> {
  known ??= find().catch((error: unknown) => {
    known = undefined;
    throw error;
  });
  return known;
}
