import { createRequire } from 'node:module';
import net from 'node:net';
import { dirname, join } from 'node:path';
import { parseTransportUrl } from '@leveret/url';
import { redact } from '@leveret/url/redact';
import { ConnectionString, redactConnectionString } from 'mongodb-connection-string-url';

const one = 'amqp://user:pass@host1.example:5672/vhost';
const three = 'amqp://user:pass@host1.example:5672,user:pass@host2.example:5672,user:pass@host3.example:5672/vhost';
const osloOne = one.replace('amqp:', 'rabbit:');
const osloThree = three.replace('amqp:', 'rabbit:');
const mongoOne = one.replace('amqp:', 'mongodb:');
const mongoThree = 'mongodb://user:pass@host1.example:5672,host2.example:5672,host3.example:5672/vhost';

// amqplib reads a URL inside connect(), which its exports hide. Here it runs up to the socket, and gets one that does nothing.
const require = createRequire(import.meta.url);
const amqplib = require(join(dirname(require.resolve('amqplib')), 'lib/connect.js')) as {
  connect(url: string, options: object, callback: () => void): void;
};
net.connect = (() => ({ once: () => undefined })) as unknown as typeof net.connect;

const contenders: readonly [string, (() => unknown) | undefined, (() => unknown) | undefined][] = [
  ["@leveret/url, RabbitMQ's dialect", () => parseTransportUrl(one), () => parseTransportUrl(three)],
  ["@leveret/url, oslo's dialect", () => parseTransportUrl(osloOne), () => parseTransportUrl(osloThree)],
  ['new URL, nothing read', () => new URL(one), undefined],
  ['amqplib 2.3.1, connect() up to the socket', () => amqplib.connect(one, {}, () => undefined), undefined],
  ['mongodb-connection-string-url', () => new ConnectionString(mongoOne), () => new ConnectionString(mongoThree)],
];

/** What was made last, so that nothing is optimised away. */
export let sink: unknown;

/** Calls in a second, of one slice of time. */
function rateOf(action: () => unknown): number {
  const start = performance.now();
  let calls = 0;
  while (performance.now() - start < 40) {
    for (let i = 0; i < 200; i++) sink = action();
    calls += 200;
  }
  return (1000 * calls) / (performance.now() - start);
}

/** Medians of interleaved rounds: the machine is noisy, and no contender may have the quiet half of it. */
function medians(actions: readonly (() => unknown)[], rounds = 15): number[] {
  const rates = actions.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, action] of actions.entries()) rates[index]?.push(rateOf(action));
  }
  return rates.map((all) => all.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0);
}

const oneHost = medians(contenders.map(([, action]) => action ?? (() => undefined)));
const threeHosts = medians(contenders.map(([, , action]) => action ?? (() => undefined)));
const thousands = (rate: number | undefined): string => Math.round((rate ?? 0) / 1000).toLocaleString('en');
console.log(`Node ${process.version}; thousands of parses in a second, medians of 15 interleaved rounds\n`);
console.log('| | one host | three hosts |\n|---|---|---|');
for (const [index, [name, , many]] of contenders.entries()) {
  console.log(
    `| ${name} | ${thousands(oneHost[index])} | ${many ? thousands(threeHosts[index]) : 'refuses or misreads'} |`,
  );
}

function millisecondsOf(action: () => unknown): string {
  const start = performance.now();
  sink = action();
  return (performance.now() - start).toFixed(1);
}

console.log('\nredact: milliseconds, the worst of its families of text\n\n| | 16 kB | 64 kB |\n|---|---|---|');
const units = ['//', '@', ':', ',', '%2', ' a://b:c@', '?a=', '&', ',u:p@h', 'a'];
for (const [name, action] of [
  ['@leveret/url', redact],
  ['mongodb-connection-string-url', redactConnectionString],
] as const) {
  const worst = [16_384, 65_536].map((length) => {
    const times = units.map((unit) => {
      const text = `mongodb://u:${unit.repeat(length / unit.length)}@h?${unit.repeat(8)}`;
      return Math.min(...[1, 2, 3, 4, 5, 6, 7].map(() => Number(millisecondsOf(() => action(text)))));
    });
    return Math.max(...times).toFixed(1);
  });
  console.log(`| ${name} | ${worst.join(' | ')} |`);
}
