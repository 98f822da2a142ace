import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canInstallDebianPackages, installDebianPackages } from './debian.ts';
import { RabbitmqToolingError } from './errors.ts';
import { type ProgramResult, runProgram } from './run.ts';

/** A certificate and its private key, both in PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** Certificates made for one run of tests. All are valid for a day, and no machine trusts them by itself. */
export interface Certificates {
  /** The authority that signed all the others but `stranger`, in PEM. */
  readonly ca: string;
  /** A server called `localhost`, 127.0.0.1 and ::1. */
  readonly server: Identity;
  /** A server of the same authority with another name: `elsewhere.invalid`. */
  readonly wrongName: Identity;
  /** A client of the same authority. */
  readonly client: Identity;
  /** Claims to be `localhost` too, and a client, and is signed by an authority that nobody knows. */
  readonly stranger: Identity;
}

const localhost = 'DNS:localhost,IP:127.0.0.1,IP:::1';

let made: Promise<Certificates> | undefined;

/**
 * Makes certificates with the openssl program, once for each process.
 *
 * @throws {RabbitmqToolingError} ERR_LEVERET_TOOLING_CERTIFICATES
 */
export function makeCertificates(): Promise<Certificates> {
  made ??= make();
  return made;
}

async function make(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-certificates-'));
  try {
    await Promise.all(['ca', 'unknown-ca'].map((name) => makeAuthority(folder, name)));
    const [server, wrongName, client, stranger] = await Promise.all([
      sign(folder, 'ca', 'localhost', localhost),
      sign(folder, 'ca', 'elsewhere.invalid', 'DNS:elsewhere.invalid'),
      sign(folder, 'ca', 'leveret-client', 'DNS:leveret-client'),
      sign(folder, 'unknown-ca', 'stranger', localhost),
    ]);
    return { ca: await readFile(join(folder, 'ca.pem'), 'utf8'), server, wrongName, client, stranger };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

async function makeAuthority(folder: string, name: string): Promise<void> {
  const files = ['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.pem`)];
  await openssl('req', '-x509', ...newKey, ...files, '-days', '1', '-subj', `/CN=leveret test ${name}`);
}

// In two steps, which old versions of OpenSSL and LibreSSL can take as well.
async function sign(folder: string, authority: string, name: string, alternativeNames: string): Promise<Identity> {
  const [key, request, cert, extensions] = ['key', 'csr', 'pem', 'ext'].map((end) =>
    join(folder, `${name}.${end}`),
  ) as [string, string, string, string];
  await writeFile(extensions, `subjectAltName=${alternativeNames}\nextendedKeyUsage=serverAuth,clientAuth\n`);
  await openssl('req', '-new', ...newKey, '-keyout', key, '-out', request, '-subj', `/CN=${name}`);
  const [ca, caKey] = [join(folder, `${authority}.pem`), join(folder, `${authority}.key`)];
  const serial = `0x${Buffer.from(name).toString('hex').slice(0, 30)}`;
  const signing = ['-CA', ca, '-CAkey', caKey, '-set_serial', serial, '-days', '1', '-extfile', extensions];
  await openssl('x509', '-req', '-in', request, '-out', cert, ...signing);
  return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
}

async function openssl(...args: readonly string[]): Promise<void> {
  const { status, stderr } = await runOpenssl(args);
  if (status !== 0) {
    throw new RabbitmqToolingError(
      'ERR_LEVERET_TOOLING_CERTIFICATES',
      `openssl ${args[0]} could not make a certificate for the tests. It said:\n${stderr.trim()}`,
    );
  }
}

async function runOpenssl(args: readonly string[]): Promise<ProgramResult> {
  try {
    return await runProgram('openssl', args);
  } catch (cause) {
    if (canInstallDebianPackages()) {
      await installDebianPackages('openssl');
      return await runProgram('openssl', args);
    }
    throw new RabbitmqToolingError(
      'ERR_LEVERET_TOOLING_CERTIFICATES',
      'The program openssl was not found, which makes certificates for tests: install openssl.',
      { cause },
    );
  }
}
