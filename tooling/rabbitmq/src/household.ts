import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureServer, type ServerPrograms } from './find-server.ts';
import { startGuardian } from './guardian.ts';
import { freePorts } from './ports.ts';
import { ended, isRunning, spawnInGroup } from './server-process.ts';

/** What the nodes of one broker or cluster share: a folder, a cookie, an administrator, a port mapper, and a guardian. */
export interface Household {
  readonly programs: ServerPrograms;
  readonly folder: string;
  readonly cookie: string;
  readonly epmdPort: number;
  readonly username: string;
  readonly password: string;
  /** The guardian kills this process, too, when ours ends; it is forgotten when it has ended by itself. */
  guard(child: ChildProcess): void;
  /** True from the moment of `release()`. */
  readonly released: boolean;
  /** Kills all that is guarded, and removes the folder; resolves when all have ended. */
  release(): Promise<void>;
}

/**
 * Opens a household, in which nodes can be started.
 *
 * @throws {RabbitmqToolingError} ERR_LEVERET_TOOLING_NO_RABBITMQ, ERR_LEVERET_TOOLING_INSTALL
 */
export async function openHousehold(): Promise<Household> {
  const programs = await ensureServer();
  const [epmdPort = 0] = await freePorts(1);
  const folder = mkdtempSync(join(tmpdir(), 'leveret-rabbitmq-'));
  const guardian = startGuardian(folder);
  const children = new Set<ChildProcess>();
  const tell = (): void => guardian.guard([...children].filter(isRunning).flatMap(({ pid }) => pid ?? []));
  const guard = (child: ChildProcess): void => {
    children.add(child);
    tell();
    child.once('exit', () => {
      children.delete(child);
      tell();
    });
  };
  const environment = {
    PATH: process.env['PATH'],
    HOME: folder,
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
  };
  guard(spawnInGroup(programs.epmd, ['-address', '127.0.0.1'], environment, join(folder, 'epmd.log')));
  let released: Promise<void> | undefined;
  return {
    programs,
    folder,
    cookie: randomBytes(20).toString('hex'),
    epmdPort,
    username: 'leveret',
    password: randomBytes(12).toString('hex'),
    guard,
    get released() {
      return released !== undefined;
    },
    release: () => {
      released ??= (async () => {
        const all = [...children];
        await guardian.release();
        await Promise.all(all.map(ended));
      })();
      return released;
    },
  };
}
