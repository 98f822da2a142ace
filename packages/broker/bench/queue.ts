/**
 * What a queue of the broker does by itself, without sockets. Prints a line for each measurement.
 *
 * Run by hand, from packages/broker: npx esbuild bench/queue.ts --bundle --platform=node --format=esm --outfile=.results/bench-queue.js
 * && node --expose-gc .results/bench-queue.js
 */
import { encodeProperties } from '../src/codec/properties.js';
import type { QueueConsumer } from '../src/consumer.js';
import { Message } from '../src/message.js';
import { Queue, type QueuedMessage } from '../src/queue.js';
import type { QueueDefinition } from '../src/queue-definition.js';
import { definitionOf } from '../src/queue-fixtures.js';

const OCTETS = encodeProperties({ contentType: 'application/json', deliveryMode: 2 });
const BODY = Buffer.alloc(100);
const MILLION = 1_000_000;

let accounted = 0;

function queueOf(definition: Partial<QueueDefinition> = {}): Queue {
  return new Queue('q', '/', definitionOf(definition), {
    deadLetter: () => undefined,
    expired: () => undefined,
    lastConsumerGone: () => undefined,
    account: (bytes) => {
      accounted += bytes;
    },
  });
}

function messageOf(): Message {
  return new Message('', 'q', OCTETS, BODY);
}

function consumerOf(deliver: (entry: QueuedMessage) => void): QueueConsumer {
  return {
    tag: 'c',
    exclusive: false,
    priority: 0,
    noAck: false,
    ready: () => true,
    deliver,
    cancelled: () => undefined,
  };
}

function report(what: string, count: number, run: () => void): void {
  globalThis.gc?.();
  const start = performance.now();
  run();
  const ms = performance.now() - start;
  console.log(`${what}: ${ms.toFixed(1)} ms, ${Math.round((count / ms) * 1000).toLocaleString('en')} a second`);
}

function heapMegabytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

function publishMany(queue: Queue): void {
  for (let index = 0; index < MILLION; index += 1) {
    queue.publish(messageOf());
  }
}

for (const round of ['first', 'second', 'third']) {
  console.log(`-- ${round} round`);
  const definitions: [string, Partial<QueueDefinition>][] = [
    ['plain', {}],
    ['with x-message-ttl', { messageTtlMs: 60_000 }],
    ['with x-max-priority', { maxPriority: 5 }],
  ];
  for (const [name, definition] of definitions) {
    const queue = queueOf(definition);
    queue.addConsumer(consumerOf((entry) => queue.ack(entry)));
    report(`publish, deliver, acknowledge, ${name}`, MILLION, () => publishMany(queue));
    queue.delete();
  }

  const windowed = queueOf();
  const held: QueuedMessage[] = [];
  windowed.addConsumer(
    consumerOf((entry) => {
      if (held.push(entry) === 100) {
        for (const one of held) {
          windowed.ack(one);
        }
        held.length = 0;
      }
    }),
  );
  report('the same, 100 acknowledged together', MILLION, () => publishMany(windowed));
  windowed.delete();

  const before = heapMegabytes();
  const full = queueOf();
  report('publish a million, nobody there', MILLION, () => publishMany(full));
  console.log(`   which takes ${Math.round(heapMegabytes() - before)} MB, messages and entries`);
  const taken: QueuedMessage[] = [];
  for (let index = 0; index < 10_000; index += 1) {
    const entry = full.get();
    if (entry !== undefined) {
      taken.push(entry);
    }
  }
  report('requeue 10,000 of a million at once', taken.length, () => full.requeue(taken));
  const again: QueuedMessage[] = [];
  for (let entry = full.get(); entry !== undefined && again.length < 10_000; entry = full.get()) {
    again.push(entry);
  }
  report('requeue 10,000 of a million one by one', again.length, () => {
    for (const entry of again) {
      full.requeue([entry]);
    }
  });
  report('deliver and acknowledge the million', MILLION, () => {
    full.addConsumer(consumerOf((entry) => full.ack(entry)));
  });
  console.log(`   ${Math.round(heapMegabytes() - before)} MB are not given back`);
  full.delete();
}
console.log(`accounted in the end: ${accounted} bytes`);
