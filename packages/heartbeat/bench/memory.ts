import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { startHeartbeat } from '@leveret/heartbeat';

// What a heartbeat adds to a connection, in bytes of heap and array buffers. The links are there before, and are not counted.
const connections = Number(process.argv[2] ?? 10_000);
const collect = globalThis.gc;
if (!collect) throw new Error('Run with --expose-gc.');

interface Link {
  bytesRead: number;
  bytesWritten: number;
}

interface AmqplibHeart {
  on(event: 'beat' | 'timeout', listener: () => void): void;
  clear(): void;
}
const require = createRequire(import.meta.url);
// Not among its exports.
const { Heart } = require(join(dirname(require.resolve('amqplib')), 'lib/heartbeat.js')) as {
  Heart: new (seconds: number, sent: () => boolean, received: () => boolean) => AmqplibHeart;
};

const shared = { intervalMs: 60_000, beat: (link: Link): void => void link.bytesWritten++, lost: (): void => {} };

const contenders: Record<string, (link: Link) => unknown> = {
  '@leveret/heartbeat, one options object for all': (link) => startHeartbeat(link, shared),
  '@leveret/heartbeat, options and two closures each': (link) =>
    startHeartbeat(link, {
      intervalMs: 60_000,
      beat: () => void link.bytesWritten++,
      lost: () => void link.bytesRead++,
    }),
  // As amqplib's Connection.startHeartbeater does.
  'amqplib 2.3.1, its Heart': (link) => {
    const heart = new Heart(
      60,
      () => link.bytesWritten > 0,
      () => link.bytesRead > 0,
    );
    heart.on('timeout', () => void link.bytesRead++);
    heart.on('beat', () => void link.bytesWritten++);
    return heart;
  },
  // The timer is a local of its Connection; this one does the same with the same variables.
  'rabbitmq-client 5.0.8, its interval': (link) => {
    let miss = 0;
    const state: { timer?: NodeJS.Timeout; hasRead: boolean } = { hasRead: false };
    state.timer = setInterval(() => {
      if (!state.hasRead && ++miss >= 4) link.bytesRead++;
      link.bytesWritten++;
    }, 30_000);
    return state;
  },
};

function used(): number {
  for (let round = 0; round < 4; round++) collect?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** A process measures one contender, for what another one left would be counted as its own. */
const [only] = process.argv.slice(3);
if (only === undefined) {
  const { execFileSync } = await import('node:child_process');
  const rows: Record<string, { 'bytes per connection': number }> = {};
  for (const name of Object.keys(contenders)) {
    const results = Array.from({ length: 5 }, () =>
      Number(execFileSync(process.execPath, ['--expose-gc', import.meta.filename, String(connections), name])),
    ).sort((one, other) => one - other);
    rows[name] = { 'bytes per connection': Math.round(results[2] ?? Number.NaN) };
  }
  console.log(`${connections} connections, Node ${process.version}, median of 5 processes`);
  console.table(rows);
} else {
  const start = contenders[only];
  if (!start) throw new Error(`No contender is called ${only}.`);
  const links: Link[] = Array.from({ length: connections + 100 }, () => ({ bytesRead: 0, bytesWritten: 0 }));
  const kept: unknown[] = new Array(connections + 100).fill(undefined);
  // The first hundred bring the code and its shapes into memory.
  const run = (from: number, to: number): void => {
    for (let index = from; index < to; index++) kept[index] = start(links[index] as Link);
  };
  run(0, 100);
  const before = used();
  run(100, connections + 100);
  const after = used();
  console.log((after - before) / connections);
  if (kept.length === 0 || links.length === 0) throw new Error('kept until here');
  process.exit(0);
}
