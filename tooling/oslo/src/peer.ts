import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { OsloToolingError } from './errors.ts';
import { ensureOslo } from './find-oslo.ts';

/** The programs in `peers/`. */
export type OsloProgram = 'server' | 'client' | 'bench_client' | 'notify' | 'compute_server';

/** What every peer needs to be told. */
export interface OsloPeerOptions {
  /** `rabbit://…`; the `amqp://…` of a test broker does as well. */
  readonly url: string;
  readonly topic: string;
  /** oslo: control_exchange. Default: openstack. */
  readonly exchange?: string;
  /** The name of the server. */
  readonly server?: string;
  /** Options of [oslo_messaging_rabbit], or of another group as `group.option`. */
  readonly options?: Readonly<Record<string, string | number | boolean>>;
  /** Further arguments of the program, such as `['--ping']`. */
  readonly args?: readonly string[];
}

/** A line that a peer printed. */
export type PeerLine = Readonly<Record<string, unknown>>;

/** A Python process. It ends when this process does, in whatever way: its stdin closes then. */
export interface Peer extends AsyncDisposable {
  readonly pid: number;
  /** What it said on stderr. */
  log(): string;
  /** The lines it printed so far, parsed. */
  lines(): readonly PeerLine[];
  /** The first line, printed already or still to come, that passes the test. */
  line(matches: (line: PeerLine) => boolean): Promise<PeerLine>;
  /** Writes one JSON line to it. */
  write(value: unknown): void;
  /** SIGTERM, and SIGKILL when it has not ended 5 s later. Resolves when it has. */
  stop(): Promise<void>;
  /** SIGKILL: no goodbye. Resolves when it has ended. */
  kill(): Promise<void>;
}

const graceMs = 5_000;

/** The URL as oslo.messaging wants it. */
export function osloUrl(url: string): string {
  return url.replace(/^amqp:/, 'rabbit:').replace(/\/%2f$/i, '/');
}

/** The command line of a peer. */
export function peerArguments(program: OsloProgram, peer: OsloPeerOptions): string[] {
  const { url, topic, exchange, server, options = {}, args = [] } = peer;
  return [
    fileURLToPath(new URL(`../peers/${program}.py`, import.meta.url)),
    ...['--url', osloUrl(url), '--topic', topic],
    ...(exchange === undefined ? [] : ['--exchange', exchange]),
    ...(server === undefined ? [] : ['--server', server]),
    ...Object.entries(options).flatMap(([name, value]) => ['--opt', `${name}=${value}`]),
    ...args,
  ];
}

// A library that prints does not speak JSON; what it says is kept with the rest that is for people.
function parseLine(text: string): PeerLine | undefined {
  try {
    return JSON.parse(text) as PeerLine;
  } catch {
    return undefined;
  }
}

/**
 * Starts a peer; resolves when it has printed its ready line.
 *
 * @throws {OsloToolingError} ERR_LEVERET_TOOLING_NO_OSLO, ERR_LEVERET_TOOLING_PEER_ENDED
 */
export async function startPeer(program: OsloProgram, options: OsloPeerOptions): Promise<Peer> {
  const { python } = await ensureOslo();
  // A client that reads requests ends with them; the others have to be told to.
  const args = program === 'client' ? (options.args ?? []) : ['--end-with-stdin', ...(options.args ?? [])];
  const child = spawn(python, peerArguments(program, { ...options, args }), {
    stdio: ['pipe', 'pipe', 'pipe'],
    // A Ctrl-C in the terminal is for this process, which may still need the peer; it ends when its stdin does.
    detached: true,
    // Bytecode must not be left beside the sources.
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1' },
  });
  const lines: PeerLine[] = [];
  const waiting = new Set<{
    matches(line: PeerLine): boolean;
    resolve(line: PeerLine): void;
    reject(error: Error): void;
  }>();
  let log = '';
  let over = false;
  child.stdin.on('error', () => {});
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const output = createInterface(child.stdout).on('line', (text) => {
    const line = parseLine(text);
    if (line === undefined) {
      log += `${text}\n`;
      return;
    }
    lines.push(line);
    for (const waiter of [...waiting].filter(({ matches }) => matches(line))) {
      waiting.delete(waiter);
      waiter.resolve(line);
    }
  });
  const endedEarly = (): OsloToolingError => {
    const how = child.signalCode ?? `status ${child.exitCode}`;
    const said = log.trim().split('\n').slice(-15).join('\n');
    return new OsloToolingError(
      'ERR_LEVERET_TOOLING_PEER_ENDED',
      `The Python peer ${program}.py ended (${how}) while its output was awaited. Its stderr ends with:\n${said}`,
    );
  };
  const ended = new Promise<void>((resolve) => {
    const finish = (): void => {
      over = true;
      output.close();
      for (const { reject } of waiting) reject(endedEarly());
      waiting.clear();
      resolve();
    };
    child.once('close', finish);
    child.once('error', (error) => {
      log += String(error);
      finish();
    });
  });

  const kill = async (): Promise<void> => {
    if (!over) child.kill('SIGKILL');
    await ended;
  };
  const stop = async (): Promise<void> => {
    if (over) return;
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
    child.kill('SIGTERM');
    await ended;
    clearTimeout(timer);
  };
  const peer: Peer = {
    pid: child.pid ?? 0,
    log: () => log,
    lines: () => lines,
    line: (matches) =>
      new Promise((resolve, reject) => {
        const known = lines.find(matches);
        if (known !== undefined) resolve(known);
        else if (over) reject(endedEarly());
        else waiting.add({ matches, resolve, reject });
      }),
    write: (value) => {
      child.stdin.write(`${JSON.stringify(value)}\n`);
    },
    stop,
    kill,
    [Symbol.asyncDispose]: stop,
  };
  await peer.line((line) => line['ready'] === true);
  return peer;
}
