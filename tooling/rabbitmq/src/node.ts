import type { ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createControl, type RabbitmqControl } from './control.ts';
import { commandEnvironment, type RabbitmqCoordinates } from './coordinates.ts';
import { RabbitmqToolingError } from './errors.ts';
import type { Household } from './household.ts';
import { makeLeanHome } from './lean-home.ts';
import { ended, isRunning, killGroup, spawnInGroup, standsStill, untilReady } from './server-process.ts';
import type { TlsListener, TlsListenerOptions } from './tls-listener.ts';

/** Where a node's process stands. */
export type RabbitmqState = 'running' | 'frozen' | 'ended' | 'removed';

/** A node of our own: everything an operator can do to it, and everything a machine can. */
export interface RabbitmqNode extends RabbitmqControl {
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
}

/** How one node of a household is set up. */
export interface NodeSettings {
  /** Holds everything of the node; it exists, and is empty. */
  readonly folder: string;
  readonly port: number;
  readonly distributionPort: number;
  /** Lines added to rabbitmq.conf. */
  readonly config: readonly string[];
  readonly startTimeoutMs: number;
}

/** The name of the node that listens on a port: it is known before the node is started. */
export function nodeNameOf(port: number): string {
  return `leveret-${port}@localhost`;
}

function writeConfiguration({ folder, port, config }: NodeSettings, { username, password, cookie }: Household): void {
  mkdirSync(join(folder, 'log'));
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, '.erlang.cookie'), cookie, { mode: 0o400 });
  writeFileSync(join(folder, 'enabled_plugins'), '[].\n');
  const lines = [
    `listeners.tcp.1 = 127.0.0.1:${port}`,
    `default_user = ${username}`,
    `default_pass = ${password}`,
    'log.file.level = info',
    // The state of the machine's disk must not decide a test.
    'disk_free_limit.absolute = 1MB',
    ...config,
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
 * Starts a node on loopback, and resolves when it accepts connections.
 *
 * @throws {RabbitmqToolingError} ERR_LEVERET_TOOLING_START
 */
export async function startNode(household: Household, settings: NodeSettings): Promise<RabbitmqNode> {
  const { programs, username, password, epmdPort } = household;
  const { folder, port, distributionPort } = settings;
  const { ctl, erlCall } = programs;
  const fixed: Omit<RabbitmqCoordinates, 'pid'> = {
    hostname: '127.0.0.1',
    port,
    username,
    password,
    nodeName: nodeNameOf(port),
    distributionPort,
    epmdPort,
    folder,
    ctl,
    erlCall,
  };
  writeConfiguration(settings, household);
  const logFile = join(folder, 'log', 'console.log');
  const environment = serverEnvironment(fixed);
  const server = makeLeanHome(folder, programs.server);
  const start = async (): Promise<ChildProcess> => {
    const child = spawnInGroup(server, [], environment, logFile);
    household.guard(child);
    await untilReady(child, port, logFile, settings.startTimeoutMs);
    return child;
  };

  let child = await start();
  let frozen = false;
  const pidOf = (): number => child.pid ?? 0;
  const state = (): RabbitmqState => {
    if (household.released) return 'removed';
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
  const stop = async (): Promise<void> => {
    if (!isRunning(child)) return;
    if (frozen) thaw();
    signal('SIGTERM');
    await ended(child);
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
    get pid() {
      return pidOf();
    },
    get coordinates() {
      return { ...fixed, pid: pidOf() };
    },
    get state() {
      return state();
    },
    listenTls,
    freeze: async () => {
      signal('SIGSTOP');
      frozen = true;
      await standsStill(pidOf());
    },
    thaw,
    kill: async () => {
      await killGroup(child);
      frozen = false;
    },
    stop,
    restart: async () => {
      await stop();
      child = await start();
      await Promise.all([...listeners.values()].map((options) => control.listenTls(options)));
    },
  };
}
