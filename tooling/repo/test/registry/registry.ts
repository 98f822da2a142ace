import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { userEnvironment } from '../tarball.ts';

/** What a registry says of a package. */
export interface Packument {
  readonly 'dist-tags': Readonly<Record<string, string>>;
  /** By version, its package.json as it was published. */
  readonly versions: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** A registry for one test. */
export interface Registry {
  /** Ends in a slash. */
  readonly url: string;
  /** For an npm that knows this registry and no other, may publish there, and has a cache of its own, empty at first. */
  readonly environment: NodeJS.ProcessEnv;
  /** Rejects when nobody has published a package of this name. */
  describe(name: string): Promise<Packument>;
  stop(): Promise<void>;
}

const startMs = 30_000;

/**
 * Starts a registry on a free port of loopback. It keeps everything below the given folder, and ends at `stop`, or with
 * the process that started it.
 */
export async function startRegistry(below: string): Promise<Registry> {
  const folder = join(below, 'registry');
  mkdirSync(folder);
  const child = fork(join(import.meta.dirname, 'registry-process.ts'), [folder], { env: userEnvironment() });
  const exited = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  try {
    const signal = AbortSignal.timeout(startMs);
    const [port] = await Promise.race([
      once(child, 'message', { signal }) as Promise<[number]>,
      exited.then(([code]) => Promise.reject(new Error(`the registry ended with ${code} before it listened`))),
    ]);
    const url = `http://127.0.0.1:${port}/`;
    return { url, environment: npmEnvironment(below, url, await addUser(url)), describe: readPackument(url), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Makes a user who may publish; resolves with the token. */
async function addUser(url: string): Promise<string> {
  const response = await fetch(`${url}-/user/org.couchdb.user:publisher`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'publisher', password: randomUUID() }),
  });
  if (!response.ok) throw new Error(`the registry makes no user: it answers ${response.status}`);
  const { token } = (await response.json()) as { token: string };
  return token;
}

function npmEnvironment(below: string, url: string, token: string): NodeJS.ProcessEnv {
  const userconfig = join(below, 'npmrc');
  writeFileSync(userconfig, `registry=${url}\n${url.replace('http:', '')}:_authToken=${token}\n`);
  const others = Object.entries(userEnvironment()).filter(([name]) => !/^npm_config_/i.test(name));
  return {
    ...Object.fromEntries(others),
    npm_config_registry: url,
    npm_config_userconfig: userconfig,
    npm_config_globalconfig: join(below, 'no-npmrc'),
    npm_config_cache: join(below, 'npm-cache'),
    // A proxy that the machine goes out by knows nothing of its loopback.
    npm_config_noproxy: '127.0.0.1',
    npm_config_loglevel: 'error',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
  };
}

function readPackument(url: string): (name: string) => Promise<Packument> {
  return async (name) => {
    const response = await fetch(url + name.replace('/', '%2f'));
    if (!response.ok) throw new Error(`the registry answers ${response.status} to a question for ${name}`);
    return (await response.json()) as Packument;
  };
}
