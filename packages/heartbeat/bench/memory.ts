import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { startHeartbeat } from '@leveret/heartbeat';

// What a heartbeat adds to a connection, in bytes of heap: the links are there before and after. Run with --expose-gc.
const connections = Number(process.argv[2] ?? 10_000);
const collect = globalThis.gc;
if (!collect) throw new Error('Run with --expose-gc.');
const require = createRequire(import.meta.url);
const { Heart } = require('amqplib/lib/heartbeat.js');

interface Link {
  bytesRead: number;
  bytesWritten: number;
}

function used(): number {
  for (let round = 0; round < 4; round++) collect?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function measure(start: (link: Link) => () => void): number {
  const links: Link[] = Array.from({ length: connections }, () => ({ bytesRead: 0, bytesWritten: 0 }));
  const stops: (() => void)[] = new Array(connections).fill(undefined);
  const kept: unknown[] = new Array(connections).fill(undefined);
  const before = used();
  for (const [index, link] of links.entries()) kept[index] = start(link);
  const after = used();
  stops.length = 0;
  for (const stop of kept) (stop as { stop(): void }).stop?.();
  return (after - before) / connections;
}

const shared = { intervalMs: 60_000, beat: (link: Link): void => void link.bytesWritten++, lost: (): void => {} };

const rows: [string, () => number][] = [
  ['@leveret/heartbeat, options shared', () => measureObject((link) => startHeartbeat(link, shared))],
];
