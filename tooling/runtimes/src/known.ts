import { absent } from './browser/absent-modules.ts';

/** Why tests fail on a runtime that is no fault of the package, or a limit that its README tells. */
export interface KnownDifference {
  readonly runtime: string;
  readonly package: string;
  /** The file, from the package's folder. */
  readonly file: string;
  /** Which of its tests, by full name. Default: all of them, and the file itself, if it cannot be loaded. */
  readonly test?: RegExp;
  readonly reason: string;
}

const undici8 = 'undici 8 wants Node 22.19; undici 7, for Node 20, is tested on the others';
const undiciOfBun = 'Bun puts an undici of its own in the place of the package, without compose(); undici 7 is tested';
const resetOverHttp2 =
  'a stream that HTTP/2 resets ends there without its error, and undici says "half-closed" instead';
const tooFast =
  'it times searches, and 65,536 characters take about 2 µs there: too little for a clock that is coarse or noisy';
const ipv6OfBun = 'URL.canParse refuses some IPv6 addresses in a rare form, such as 0:0::0:0:0.0.0.0';
const framesOfBun = "Bun's engine follows await only, and retry hands a promise on by then: the README says so";
const noProcess = 'a browser has no process to keep alive: its timers are numbers';
const notRaw = 'it compares texts, and the test server does not hand out TypeScript as it is';
const typedProgram =
  'the server that it starts, and ends, is a process whose program is TypeScript, which Node 20 does not run';
const noZstd = 'zlib has no zstd before Node 22.15, and the table names what there is';
const lazyTls = 'Deno looks at a certificate and its key when TLS begins, and takes a key that cannot be read for none';
const sameThread = 'its client is of the same thread, and has not yet written when the clock is set forward';
const noImmediate = 'a browser has no setImmediate: the verdict waits a second instead, as the README says';

/** All that is known. What is listed here runs all the same, and counts as left out only where it fails. */
export const knownDifferences: readonly KnownDifference[] = [
  ...known('node20', 'retry', [
    ['test/undici.test.ts', undefined, undici8],
    ['test/http-examples.test.ts', undefined, undici8],
  ]),
  ...known('node20', 'transport', [['src/testing/option-readme.test.ts', /^the README shows the tables/, noZstd]]),
  ...known('node20', 'rpc', [
    ['test/server-killed.test.ts', undefined, typedProgram],
    ['test/server-drained.test.ts', undefined, typedProgram],
  ]),
  ...known('deno', 'retry', [['test/undici.test.ts', /^undici.* works over HTTP\/2$/, resetOverHttp2]]),
  ...known('deno', 'broker', [
    ['src/listener.test.ts', /^TLS is refused at once with /, lazyTls],
    ['src/options.test.ts', /"tls":\{"key"/, lazyTls],
    ['src/heartbeats.test.ts', /octets lie unread/, sameThread],
  ]),
  ...known('deno', 'transport', [['test/tls.test.ts', /^TLS says before it dials that keys cannot be used/, lazyTls]]),
  ...known('bun', 'url', [
    [
      'test/leaks.test.ts',
      /^no method of the console /,
      'table() of node:console throws for objects that say how they are printed',
    ],
    ['src/address.test.ts', /^agrees with Node$/, ipv6OfBun],
    ['test/properties.test.ts', /^parse and format /, ipv6OfBun],
    ['test/linear.test.ts', /^takes four times as long /, tooFast],
  ]),
  ...known('bun', 'retry', [
    ['src/retry.test.ts', /keeps the frames of the caller /, framesOfBun],
    ['test/undici.test.ts', /^undici7 .* works over HTTP\/2$/, resetOverHttp2],
    ['test/undici.test.ts', /^undici /, undiciOfBun],
    ['test/http-examples.test.ts', undefined, undiciOfBun],
  ]),
  ...known('bun', 'broker', [['src/heartbeats.test.ts', /octets lie unread/, sameThread]]),
  ...known('chromium', 'url', [
    ['test/readme.test.ts', /^shows the example as it is$/, notRaw],
    ['src/address.test.ts', /^agrees with Node$/, 'isIPv6 of node:net'],
    ['test/properties.test.ts', /^redact leaves no password .* however the URL is printed$/, 'inspect of node:util'],
    ['test/leaks.test.ts', /^whatever the password and whatever is wrong with its URL/, 'inspect of node:util'],
    ['test/linear.test.ts', /^takes four times as long /, tooFast],
  ]),
  ...known('chromium', 'retry', [
    ['test/readme.test.ts', /^shows the example that is typechecked/, notRaw],
    [
      'src/retry-abort.test.ts',
      /^an abort does not wait for an operation that does not heed it/,
      'the test waits by setImmediate',
    ],
    ['src/retry.test.ts', /^trying again waits by a timer even for no time at all/, 'the test waits by setImmediate'],
    ['src/sleep.test.ts', /^lets the process go when asked to/, noProcess],
    [
      'test/laws.test.ts',
      /^goes on for a hundred thousand attempts/,
      'a timer takes 4 ms in a browser, and the test a minute at most',
    ],
    ['test/undici.test.ts', undefined, 'undici is for servers'],
    ['test/http-examples.test.ts', undefined, 'it starts an HTTP server'],
  ]),
  ...known('chromium', 'heartbeat', [
    [
      'src/start-heartbeat.test.ts',
      /^startHeartbeat beats six times per interval and gives a silent peer up/,
      noImmediate,
    ],
    ['src/start-heartbeat.test.ts', /^startHeartbeat gives no verdict while paused/, noImmediate],
    ['src/start-heartbeat.test.ts', /^ping-pong asks after an interval of silence and gives the peer up/, noImmediate],
    [
      'src/start-heartbeat.test.ts',
      /^a callback that fails is told to onCallbackError when it is onStall/,
      noImmediate,
    ],
    ['src/start-heartbeat.test.ts', /^startHeartbeat keeps no process alive$/, noProcess],
    ['test/exit.test.ts', undefined, 'it starts a thread of Node.js'],
    ['test/real-socket.test.ts', undefined, 'sockets of node:net'],
    ['test/websocket-example.test.ts', undefined, 'it starts a WebSocket server'],
  ]),
];

function known(
  runtime: string,
  tested: string,
  list: readonly (readonly [file: string, test: RegExp | undefined, reason: string])[],
): readonly KnownDifference[] {
  return list.map(([file, test, reason]) => ({
    runtime,
    package: tested,
    file,
    ...(test === undefined ? {} : { test }),
    reason,
  }));
}

/** The reason that an error itself gives: a function of Node's that a browser has not. */
export function reasonInError(runtime: string, message: string): string | undefined {
  if (runtime !== 'chromium') return undefined;
  const start = message.indexOf(absent);
  return start < 0 ? undefined : /^.*: (.*)$/m.exec(message.slice(start))?.[1];
}
