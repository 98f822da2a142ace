import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createControl, type RabbitmqControl } from './control.ts';
import { commandEnvironment, type RabbitmqCoordinates } from './coordinates.ts';
import { RabbitmqToolingError } from './errors.ts';
import { ensureServer } from './find-server.ts';
import { startGuardian } from './guardian.ts';
import { makeLeanHome } from './lean-home.ts';
import { freePorts } from './ports.ts';
import { ended, isRunning, killGroup, spawnInGroup, standsStill, untilReady } from './server-process.ts';
import type { TlsListener, TlsListenerOptions } from './tls-listener.ts';

/** What {@link startRabbitmq} can be told. */
export interface RabbitmqOptions {
  /** Lines added to rabbitmq.conf, such as `heartbeat = 5`. */
  readonly config?: readonly string[];
  /** The broker must accept connections within this many milliseconds. Default 120 000. */
  readonly startTimeoutMs?: number;
}

/** Where the broker's process stands. */
export type RabbitmqState = 'running' | 'frozen' | 'ended' | 'removed';

/** A broker of our own: everything an operator can do to it, and everything a machine can. */
export interface Rabbitmq extends RabbitmqControl, AsyncDisposable {
  /** The process of the Erlang machine; another one after every restart. */
  readonly pid: number;
  readonly state: RabbitmqState;
  /** SIGSTOP: sockets stay open, and nothing answers; resolves when all its threads stand still. */
  freeze(): Promise<void>;
  /** SIGCONT. */
  thaw(): void;
  /** SIGKILL: no goodbye; resolves when the process is gone. */
  kill(): Promise<void>;
  /** A clean shutdown: clients are told (320 CONNECTION_FORCED), durable data is kept; resolves when the process is gone. */
  stop(): Promise<void>;
  /** Starts it again on the same port with the same data, after kill or stop; stops it first when it runs. */
  restart(): Promise<void>;
  /** Ends it at once and removes its folder. What is forgotten is removed when this process ends, in whatever way. */
  remove(): Promise<void>;
}

function writeConfiguration(
  folder: string,
  port: number,
  username: string,
  password: string,
  more: readonly string[],
): void {
  mkdirSync(join(folder, 'log'));
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, '.erlang.cookie'), randomBytes(20).toString('hex'), { mode: 0o400 });
  writeFileSync(join(folder, 'enabled_plugins'), '[].\n');
  const lines = [
    `listeners.tcp.1 = 127.0.0.1:${port}`,
    `default_user = ${username}`,
    `default_pass = ${password}`,
    'log.file.level = info',
    // The state of the machine's disk must not decide a test.
    'disk_free_limit.absolute = 1MB',
    ...more,
  ];
  writeFileSync(join(folder, 'rabbitmq.conf'), `${lines.join('\n')}\n`, { mode: 0o600 });
}

function serverEnvironment(coordinates: Omit<RabbitmqCoordinates, 'pid'>): NodeJS.ProcessEnv {
  const { folder } = coordinates;
  return {
    ...commandEnvironment(coordinates),
    RABBITMQ_DIST_PORT: String(coordinates.distributionPort),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_PLUGINS_EXPAND_DIR: join(folder, 'plugins'),
    RABBITMQ_GENERATED_CONFIG_DIR: join(folder, 'generated'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_LOGS: join(folder, 'log', 'rabbitmq.log'),
    // One scheduler, one thread for files, no busy waiting: the machine belongs to the tests.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1 +SDcpu 1:1 +SDio 1 +sbwt none +sbwtdcpu none +sbwtdio none',
    // The start script then becomes the Erlang machine instead of waiting for it: its pid is the broker's.
    RUNNING_UNDER_SYSTEMD: 'true',
  };
}

/**
 * Starts a broker of our own on loopback, with its own folder, node name, ports and Erlang cookie. It shares nothing with
 * any other broker of the machine, and ends when this process does, in whatever way.
 *
 * @throws {RabbitmqToolingError} ERR_LEVERET_TOOLING_NO_RABBITMQ, ERR_LEVERET_TOOLING_INSTALL, ERR_LEVERET_TOOLING_START
 */
export async function startRabbitmq(options: RabbitmqOptions = {}): Promise<Rabbitmq> {
  const { config = [], startTimeoutMs = 120_000 } = options;
  const programs = await ensureServer();
  const [port = 0, distributionPort = 0, epmdPort = 0] = await freePorts(3);
  const folder = mkdtempSync(join(tmpdir(), 'leveret-rabbitmq-'));
  const username = 'leveret';
  const password = randomBytes(12).toString('hex');
  const nodeName = `leveret-${port}@localhost`;
  const { ctl, erlCall } = programs;
  const fixed = {
    hostname: '127.0.0.1',
    port,
    username,
    password,
    nodeName,
    distributionPort,
    epmdPort,
    folder,
    ctl,
    erlCall,
  };
  const guardian = startGuardian(folder);
  writeConfiguration(folder, port, username, password, config);

  const logFile = join(folder, 'log', 'console.log');
  const environment = serverEnvironment(fixed);
  const server = makeLeanHome(folder, programs.server);
  const epmd = spawnInGroup(programs.epmd, ['-address', '127.0.0.1'], environment, logFile);
  const start = async (): Promise<ChildProcess> => {
    const child = spawnInGroup(server, [], environment, logFile);
    guardian.guard([epmd, child].flatMap(({ pid }) => pid ?? []));
    await untilReady(child, port, logFile, startTimeoutMs);
    return child;
  };

  let child: ChildProcess;
  try {
    child = await start();
  } catch (error) {
    await guardian.release();
    throw error;
  }

  const pidOf = (): number => child.pid ?? 0;
  let frozen = false;
  let removed = false;
  const state = (): RabbitmqState => {
    if (removed) return 'removed';
    if (!isRunning(child)) return 'ended';
    return frozen ? 'frozen' : 'running';
  };
  const signal = (name: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void => {
    if (!isRunning(child)) {
      throw new RabbitmqToolingError(
        'ERR_LEVERET_TOOLING_CONTROL',
        `While sending ${name}, the broker had ended; restart it first.`,
      );
    }
    process.kill(pidOf(), name);
  };
  const thaw = (): void => {
    signal('SIGCONT');
    frozen = false;
  };
  const kill = async (): Promise<void> => {
    await killGroup(child);
    guardian.guard([epmd].flatMap(({ pid }) => pid ?? []));
    frozen = false;
  };
  const stop = async (): Promise<void> => {
    if (!isRunning(child)) return;
    if (frozen) thaw();
    signal('SIGTERM');
    await ended(child);
    guardian.guard([epmd].flatMap(({ pid }) => pid ?? []));
  };
  const remove = async (): Promise<void> => {
    if (removed) return;
    removed = true;
    await guardian.release();
    await Promise.all([ended(child), ended(epmd)]);
  };

  const control = createControl({ ...fixed, pid: pidOf() });
  // A listener is part of a running broker; what this process has opened comes back with it.
  const listeners = new Map<number, TlsListenerOptions>();
  const listenTls = async (options: TlsListenerOptions = {}): Promise<TlsListener> => {
    const listener = await control.listenTls(options);
    listeners.set(listener.port, { ...options, port: listener.port });
    const close = async (): Promise<void> => {
      listeners.delete(listener.port);
      await listener.close();
    };
    return { ...listener, close, [Symbol.asyncDispose]: close };
  };

  return {
    ...control,
    listenTls,
    get pid() {
      return pidOf();
    },
    get coordinates() {
      return { ...fixed, pid: pidOf() };
    },
    get state() {
      return state();
    },
    freeze: async () => {
      signal('SIGSTOP');
      frozen = true;
      await standsStill(pidOf());
    },
    thaw,
    kill,
    stop,
    restart: async () => {
      await stop();
      child = await start();
      await Promise.all([...listeners.values()].map((options) => control.listenTls(options)));
    },
    remove,
    [Symbol.asyncDispose]: remove,
  };
}
