// How undici's own retry and this package's interceptor behave where it matters, and what each costs a request that needs
// no retry. Prints Markdown. `node bench/undici.ts`, after a build.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as undici8 from 'undici';
import { retryInterceptor } from '../dist/undici.js';

type Undici = typeof undici8;
type Answer = (response: ServerResponse, attempt: number) => void;

const undici7 = (await import('undici7')) as unknown as Undici;

interface Contender {
  readonly name: string;
  readonly undici: Undici;
  /** With waits of 100 ms up to 400. */
  readonly interceptor: undici8.Dispatcher.DispatcherComposeInterceptor | undefined;
}

const own = ({ interceptors }: Undici) =>
  interceptors.retry({ maxRetries: 2, minTimeout: 100, maxTimeout: 400, timeoutFactor: 2 });
const ours = retryInterceptor({ backoff: [100, 200] });
const contenders: readonly Contender[] = [
  { name: 'undici 7, its own', undici: undici7, interceptor: own(undici7) },
  { name: 'undici 8, its own', undici: undici8, interceptor: own(undici8) },
  { name: 'undici 7, ours', undici: undici7, interceptor: ours },
  { name: 'undici 8, ours', undici: undici8, interceptor: ours },
];

/** What is answered at a path, and when it was asked for: a path for each run, since some attempts come late. */
const runs = new Map<string | undefined, { readonly answer: Answer; readonly attempts: number[] }>();
const server = createServer((request, response) => {
  const run = runs.get(request.url);
  request.resume().on('end', () => {
    if (run === undefined) response.end('ok');
    else run.answer(response, run.attempts.push(performance.now()));
  });
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const dispatcherOf = ({ undici, interceptor }: Contender): undici8.Dispatcher => {
  const agent = new undici.Agent();
  return interceptor ? agent.compose(interceptor) : agent;
};

async function outcome(work: Promise<undici8.Dispatcher.ResponseData | undici8.Response>): Promise<string> {
  try {
    const response = await work;
    const text = 'statusCode' in response ? await response.body.text() : await response.text();
    return `${'statusCode' in response ? response.statusCode : response.status}, ${text.length} bytes`;
  } catch (error) {
    const { message, cause } = error as Error;
    return `error: ${cause instanceof Error ? cause.message : message}`;
  }
}

const ms = (value: number | undefined): string => (value === undefined ? 'none' : `${Math.round(value)} ms`);

interface Scenario {
  readonly title: string;
  readonly answer: Answer;
  run(dispatcher: undici8.Dispatcher, path: string, attempts: readonly number[], undici: Undici): Promise<string>;
}

const busy =
  (headers: Record<string, string>): Answer =>
  (response, attempt) =>
    response.writeHead(attempt === 1 ? 503 : 200, headers).end('x'.repeat(1000));

const scenarios: readonly Scenario[] = [
  {
    title: '`Retry-After: 2`, own waits up to 400 ms: sent again after',
    answer: busy({ 'retry-after': '2' }),
    async run(dispatcher, path, attempts) {
      await outcome(dispatcher.request({ origin, path, method: 'GET' }));
      return ms((attempts[1] ?? Number.NaN) - (attempts[0] ?? Number.NaN));
    },
  },
  {
    title: '`Retry-After` a date 2 s from the server’s now, whose clock is an hour behind: sent again after',
    answer: (response, attempt) => {
      const now = Date.now() - 3_600_000;
      const headers = { date: new Date(now).toUTCString(), 'retry-after': new Date(now + 2000).toUTCString() };
      busy(headers)(response, attempt);
    },
    async run(dispatcher, path, attempts) {
      await outcome(dispatcher.request({ origin, path, method: 'GET' }));
      return ms((attempts[1] ?? Number.NaN) - (attempts[0] ?? Number.NaN));
    },
  },
  {
    title: 'an abort 50 ms into a wait of 400 ms: over after',
    answer: (response) => response.writeHead(503, { 'retry-after': '0.4' }).end(),
    async run(dispatcher, path, attempts) {
      const controller = new AbortController();
      const work = outcome(dispatcher.request({ origin, path, method: 'GET', signal: controller.signal }));
      while (attempts.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => setTimeout(resolve, 50));
      const abortedAt = performance.now();
      controller.abort();
      await work;
      return ms(performance.now() - abortedAt);
    },
  },
  {
    title: 'always 503, by default: the caller has',
    answer: (response) => response.writeHead(503).end('x'.repeat(1000)),
    run: (dispatcher, path) => outcome(dispatcher.request({ origin, path, method: 'GET' })),
  },
  {
    title: 'a PUT by `fetch`, 503: the caller has',
    answer: busy({}),
    run: (dispatcher, path, _attempts, undici) =>
      outcome(undici.fetch(`${origin}${path}`, { method: 'PUT', body: 'text', dispatcher })),
  },
];

const rows = [`| | ${contenders.map(({ name }) => name).join(' | ')} |`, `|---|${'---|'.repeat(contenders.length)}`];
for (const scenario of scenarios) {
  const cells: string[] = [];
  for (const contender of contenders) {
    const path = `/${runs.size}`;
    const attempts: number[] = [];
    runs.set(path, { answer: scenario.answer, attempts });
    cells.push(await scenario.run(dispatcherOf(contender), path, attempts, contender.undici));
  }
  rows.push(`| ${scenario.title} | ${cells.join(' | ')} |`);
}

const rounds = 15;
const requests = 400;
const timed = contenders.flatMap(({ undici }, i) =>
  [contenders[i], { undici, name: '', interceptor: undefined }].map((contender) => ({
    dispatcher: dispatcherOf(contender as Contender),
    ratios: [] as number[],
  })),
);
for (let round = 0; round < rounds + 1; round++) {
  const times: number[] = [];
  for (const { dispatcher } of timed) {
    const startedAt = performance.now();
    for (let i = 0; i < requests; i++) {
      const { body } = await dispatcher.request({ origin, path: '/', method: 'GET' });
      await body.dump();
    }
    times.push(performance.now() - startedAt);
  }
  // The first round is for warming up.
  if (round > 0) timed.forEach(({ ratios }, i) => void ratios.push((times[i] ?? 0) / (times[i | 1] ?? 1)));
}
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const costs = timed.filter((_, i) => i % 2 === 0).map(({ ratios }) => `${median(ratios).toFixed(2)} ×`);
rows.push(`| a request that succeeds, beside one without an interceptor | ${costs.join(' | ')} |`);

// A bench prints.
process.stdout.write(`${rows.join('\n')}\n`);
process.exit();
