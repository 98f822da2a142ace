import type { ServerResponse } from 'node:http';
import { constants, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type * as undici8 from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { retryInfo } from '../src/retry-info.js';
import { VirtualClock } from '../src/testing.js';
import { type RequestRetryPolicy, type RetryInterceptorOptions, retryInterceptor } from '../src/undici.js';
import { answer, cut, freePort, reset, type Step, serve, silence, until } from './http-server.js';
import { rejection } from './support.js';

type Undici = typeof undici8;

const atOnce: RequestRetryPolicy = { backoff: [0, 0, 0, 0, 0] };
const noon = 'Tue, 24 Nov 2026 12:00:00 GMT';
const aMinuteLater = 'Tue, 24 Nov 2026 12:01:00 GMT';

const open: undici8.Dispatcher[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((dispatcher) => dispatcher.destroy()));
});

describe.each(['undici', 'undici7'])('%s', async (name) => {
  const undici = (await import(name)) as Undici;

  const agentOf = (
    policy: RequestRetryPolicy = atOnce,
    options: RetryInterceptorOptions = {},
    agentOptions: undici8.Agent.Options = {},
  ): undici8.Dispatcher => {
    const agent = new undici.Agent({ connections: 1, ...agentOptions });
    open.push(agent);
    return agent.compose(retryInterceptor(policy, options));
  };

  /** An agent on a virtual clock whose own backoff is short. */
  const agentAt = (clock: VirtualClock, policy: RequestRetryPolicy = {}, options: RetryInterceptorOptions = {}) =>
    agentOf({ backoff: [100, 200, 400], clock, ...policy }, options);

  describe('what is sent again', () => {
    it('sends a request again after a 503, on the same connection', async () => {
      const server = await serve([answer(503), answer(503), answer(200, {}, 'well')]);
      const { statusCode, body } = await agentOf().request({ origin: server.origin, path: '/x', method: 'GET' });
      expect([statusCode, await body.text()]).toEqual([200, 'well']);
      expect(server.requests).toHaveLength(3);
      expect(server.connections).toBe(1);
    });

    it.each([408, 425, 429, 500, 502, 503, 504])('sends again after %i', async (status) => {
      const server = await serve([answer(status), answer(204)]);
      expect((await agentOf().request({ origin: server.origin, path: '/', method: 'GET' })).statusCode).toBe(204);
    });

    it.each([200, 304, 400, 401, 404, 409, 501])('hands on a %i as it is', async (status) => {
      const server = await serve([answer(status), answer(204)]);
      expect((await agentOf().request({ origin: server.origin, path: '/', method: 'GET' })).statusCode).toBe(status);
      expect(server.requests).toHaveLength(1);
    });

    it('takes other statuses and other errors than the default ones', async () => {
      const server = await serve([answer(404), reset, answer(204)]);
      const agent = agentOf(atOnce, { statusCodes: [404], errorCodes: [] });
      const error = await rejection(agent.request({ origin: server.origin, path: '/', method: 'GET' }));
      expect(server.requests).toHaveLength(2);
      expect(retryInfo(error)).toMatchObject({ attempts: 2, reason: 'not-retryable' });
    });

    it('sends a request again when its connection is reset', async () => {
      const server = await serve([reset, reset, answer(200)]);
      expect((await agentOf().request({ origin: server.origin, path: '/', method: 'GET' })).statusCode).toBe(200);
      expect(server.requests).toHaveLength(3);
    });

    it('sends a request again when no headers come in time', async () => {
      const server = await serve([silence, answer(200)]);
      const agent = agentOf(atOnce, {}, { headersTimeout: 20 });
      expect((await agent.request({ origin: server.origin, path: '/', method: 'GET' })).statusCode).toBe(200);
      expect(server.requests).toHaveLength(2);
    });

    it('does not send again what may have been done: a POST', async () => {
      const server = await serve([answer(503), reset, answer(200)]);
      const agent = agentOf();
      const post = { origin: server.origin, path: '/', method: 'POST', body: 'once' } as const;
      const response = await agent.request(post);
      expect([response.statusCode, await response.body.text()]).toEqual([503, '503']);
      expect(retryInfo(response.context)).toMatchObject({ reason: 'not-retryable', attempts: 1 });
      await rejection(agent.request(post));
      expect(server.requests).toHaveLength(2);
    });

    it('sends a POST again where the interceptor or the request says that this is safe', async () => {
      const server = await serve([answer(503), answer(200), answer(503), answer(201)]);
      const post = { origin: server.origin, path: '/', method: 'POST', body: 'again' } as const;
      expect((await agentOf(atOnce, { methods: ['POST'] }).request(post)).statusCode).toBe(200);
      expect((await agentOf().request({ ...post, idempotent: true })).statusCode).toBe(201);
      expect(server.requests.map(({ body }) => body)).toEqual(['again', 'again', 'again', 'again']);
    });

    it('does not send again what the request says is not safe', async () => {
      const server = await serve([answer(503), answer(200)]);
      const get = { origin: server.origin, path: '/', method: 'GET', idempotent: false } as const;
      expect((await agentOf().request(get)).statusCode).toBe(503);
    });

    it('sends a POST that never was sent, once somebody listens', async () => {
      const clock = new VirtualClock();
      const port = await freePort();
      const waiting = agentAt(clock).request({
        origin: `http://127.0.0.1:${port}`,
        path: '/',
        method: 'POST',
        body: Readable.from(['a stream ', 'that nobody has read']),
      });
      await until(() => clock.pending === 1);
      const server = await serve([answer(200)], port);
      await clock.advance(100);
      expect((await waiting).statusCode).toBe(200);
      expect(server.requests.map(({ body }) => body)).toEqual(['a stream that nobody has read']);
    });

    it('does not send again what fails for good', async () => {
      const server = await serve([(response) => response.socket?.end('this is not HTTP\r\n\r\n'), answer(200)]);
      const error = await rejection(agentOf().request({ origin: server.origin, path: '/', method: 'GET' }));
      expect(error).toMatchObject({ name: 'HTTPParserError' });
      expect(server.requests).toHaveLength(1);
      const invalid = agentOf().request({ origin: server.origin, path: 'no slash', method: 'GET' });
      expect(await rejection(invalid)).toMatchObject({ code: 'UND_ERR_INVALID_ARG' });
    });

    it('gives the last error as it is, with its story', async () => {
      const origin = `http://127.0.0.1:${await freePort()}`;
      const error = await rejection(agentOf({ backoff: [0, 0] }).request({ origin, path: '/', method: 'GET' }));
      expect(error).toMatchObject({ code: 'ECONNREFUSED' });
      expect(retryInfo(error)).toMatchObject({ attempts: 3, reason: 'backoff' });
      expect(retryInfo(error)?.errors.at(-1)).toBe(error);
    });
  });

  describe('bodies', () => {
    it.each([
      ['text', () => 'the body', true],
      ['bytes', () => Buffer.from('the body'), true],
      ['a view of bytes', () => new Uint8Array(Buffer.from('the body')), true],
      ['an array of chunks', () => ['the ', Buffer.from('body')], true],
      ['a Blob', () => new Blob(['the body']), true],
      [
        'an object that can be iterated again',
        () => ({
          *[Symbol.iterator]() {
            yield* ['the ', 'body'];
          },
        }),
        true,
      ],
      [
        'the same, asynchronous',
        () => ({
          async *[Symbol.asyncIterator]() {
            yield* ['the ', 'body'];
          },
        }),
        true,
      ],
      ['a generator', () => ['the ', 'body'].values(), false],
      ['a stream', () => Readable.from(['the ', 'body']), false],
      ['a web stream', () => new Blob(['the body']).stream(), false],
    ])('%s: sent again if that can be done', async (_kind, body, replayed) => {
      const server = await serve([answer(503), answer(200)]);
      const put = { origin: server.origin, path: '/', method: 'PUT', body: body() as never } as const;
      const response = await agentOf().request(put);
      expect(response.statusCode).toBe(replayed ? 200 : 503);
      expect(server.requests.map((request) => request.body)).toEqual(
        replayed ? ['the body', 'the body'] : ['the body'],
      );
      await response.body.dump();
    });

    it.each([
      ['a generator', () => ['the ', 'body'].values()],
      ['a web stream', () => new Blob(['the body']).stream()],
    ])('sends %s that nobody has read, once somebody listens', async (_kind, body) => {
      const clock = new VirtualClock();
      const port = await freePort();
      const put = { origin: `http://127.0.0.1:${port}`, path: '/', method: 'PUT', body: body() as never } as const;
      const waiting = agentAt(clock).request(put);
      await until(() => clock.pending === 1);
      const server = await serve([answer(200)], port);
      await clock.advance(100);
      expect((await waiting).statusCode).toBe(200);
      expect(server.requests.map((request) => request.body)).toEqual(['the body']);
    });

    it('sends a form again', async () => {
      const server = await serve([answer(503), answer(200)]);
      const body = new undici.FormData();
      body.set('field', 'value');
      const put = { origin: server.origin, path: '/', method: 'PUT', body } as const;
      expect((await agentOf().request(put)).statusCode).toBe(200);
      expect(server.requests.map((request) => request.body.includes('value'))).toEqual([true, true]);
    });

    it('never lets half a body pass for a whole one', async () => {
      const server = await serve([answer(503), answer(200)]);
      const source = Readable.from(['all ', 'of it']);
      // It looks as if it could be read again.
      const body = { [Symbol.asyncIterator]: () => source[Symbol.asyncIterator]() };
      const put = { origin: server.origin, path: '/', method: 'PUT', body: body as never } as const;
      await rejection(agentOf().request(put));
      expect(server.requests.map((request) => request.body)).toEqual(['all of it']);
    });

    it('fails at once when a stream breaks during the wait, and the process goes on', async () => {
      const clock = new VirtualClock();
      const body = new Readable({ read() {} });
      const origin = `http://127.0.0.1:${await freePort()}`;
      const failed = rejection(agentAt(clock).request({ origin, path: '/', method: 'PUT', body }));
      await until(() => clock.pending === 1);
      const broken = new Error('no such file');
      body.destroy(broken);
      expect(await failed).toBe(broken);
      expect(clock.pending).toBe(0);
    });

    it('sends headers that can be read only once with each attempt', async () => {
      const seen: unknown[] = [];
      const server = await serve([
        (response, request) => {
          seen.push(request.headers['authorization']);
          response.writeHead(seen.length < 2 ? 503 : 200).end();
        },
      ]);
      const headers = Object.entries({ authorization: 'Bearer x' }).values();
      await agentOf().request({ origin: server.origin, path: '/', method: 'GET', headers });
      expect(seen).toEqual(['Bearer x', 'Bearer x']);
    });

    it('hands on what fetch has read, where the retry of undici itself breaks', async () => {
      const server = await serve([answer(503), answer(200)]);
      const response = await undici.fetch(server.origin, { method: 'PUT', body: 'x', dispatcher: agentOf() });
      expect([response.status, await response.text()]).toEqual([503, '503']);
    });
  });

  describe('the last response', () => {
    const long = 'x'.repeat(1_000_000);

    it('is handed on with its whole body when retrying ends', async () => {
      const server = await serve([answer(503, { 'x-n': '1' }), answer(503, { 'x-n': '2' }, long)]);
      const response = await agentOf({ backoff: [0, 0, 0], retries: 2 }).request({
        origin: server.origin,
        path: '/',
        method: 'GET',
      });
      expect([response.statusCode, (await response.body.text()).length]).toEqual([503, 1_000_000]);
      expect(server.requests).toHaveLength(3);
      expect(retryInfo(response.context)).toMatchObject({ attempts: 3, reason: 'retries' });
    });

    it('comes with its trailers', async () => {
      const server = await serve([
        answer(503),
        (response) => {
          response.writeHead(200, { trailer: 'x-sum' });
          response.write('body');
          response.addTrailers({ 'x-sum': '42' });
          response.end();
        },
      ]);
      const { body, trailers } = await agentOf().request({ origin: server.origin, path: '/', method: 'GET' });
      expect([await body.text(), trailers]).toEqual(['body', { 'x-sum': '42' }]);
    });

    it('is not asked for again once its headers are with the caller', async () => {
      const server = await serve([cut]);
      const { statusCode, body } = await agentOf().request({ origin: server.origin, path: '/', method: 'GET' });
      expect(statusCode).toBe(200);
      await rejection(body.text());
      expect(server.requests).toHaveLength(1);
    });

    it('is read as slowly as the caller likes', async () => {
      const size = 4 * 1024 * 1024;
      const server = await serve([answer(503), answer(200, {}, 'y'.repeat(size))]);
      const { body } = await agentOf().request({
        origin: server.origin,
        path: '/',
        method: 'GET',
        highWaterMark: 1024,
      });
      let read = 0;
      for await (const chunk of body) {
        read += (chunk as Buffer).length;
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(read).toBe(size);
    });

    it('comes as slowly as the caller lets it, who may have paused before', async () => {
      const server = await serve([answer(503), answer(200, {}, long)]);
      let controller: undici8.Dispatcher.DispatchController | undefined;
      const agent = agentOf(atOnce, { onRetry: () => controller?.pause() });
      let chunks = 0;
      let begun = false;
      const idle = async (): Promise<void> => {
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      };
      const ended = new Promise<void>((resolve, reject) => {
        agent.dispatch(
          { origin: server.origin, path: '/', method: 'GET' },
          {
            onRequestStart: (given) => {
              controller = given;
            },
            onResponseStart: () => {
              begun = true;
            },
            onResponseData: (given) => {
              chunks++;
              given.pause();
            },
            onResponseEnd: () => resolve(),
            onResponseError: (_controller, error) => reject(error),
          },
        );
      });
      await until(() => begun);
      await idle();
      expect([controller?.paused, chunks]).toEqual([true, 0]);
      controller?.resume();
      await until(() => chunks > 0);
      await idle();
      expect(chunks).toBe(1);
      const resuming = setInterval(() => controller?.resume(), 1);
      await ended;
      clearInterval(resuming);
      expect(chunks).toBeGreaterThan(1);
    });

    it('leaves no refused one open: too long, or given up', async () => {
      const closed: string[] = [];
      const flood: Step = (response, { url }) => {
        response.on('close', () => closed.push(`${url}`));
        response.writeHead(503).write(url === '/long' ? long : 'for ever');
      };
      const server = await serve([flood]);
      const clock = new VirtualClock();
      const waiting = rejection(agentAt(clock).request({ origin: server.origin, path: '/long', method: 'GET' }));
      await until(() => closed.length === 1);
      expect(clock.pending).toBe(1);
      const onRetry = (): never => {
        throw new Error('given up');
      };
      const failing = agentAt(clock, {}, { onRetry }).request({ origin: server.origin, path: '/ends', method: 'GET' });
      expect(await rejection(failing)).toMatchObject({ message: 'given up' });
      await until(() => closed.length === 2);
      expect(closed).toEqual(['/long', '/ends']);
      await Promise.all(open.splice(0).map((dispatcher) => dispatcher.destroy()));
      await clock.advance(100);
      expect(await waiting).toMatchObject({ code: 'UND_ERR_DESTROYED' });
    });

    it('does not wait for a refused one that is long, or never ends', async () => {
      const server = await serve([
        answer(503, {}, long),
        (response) => void response.writeHead(503).write('for ever'),
        (response) => void response.writeHead(503).write(long),
        answer(200, {}, 'short'),
      ]);
      const { body } = await agentOf().request({ origin: server.origin, path: '/', method: 'GET' });
      expect(await body.text()).toBe('short');
    });
  });

  describe('Retry-After', () => {
    it.each([
      ['2', 2000],
      ['60', 60_000],
      [aMinuteLater, 60_000],
    ])('%s is the least wait, whatever the backoff and our clock say', async (value, ms) => {
      const clock = new VirtualClock();
      const server = await serve([answer(503, { 'retry-after': value, date: noon }), answer(200)]);
      const agent = agentAt(clock, {}, { wallClock: () => Date.parse(noon) + 86_400_000 });
      const waiting = agent.request({ origin: server.origin, path: '/', method: 'GET' });
      await until(() => clock.pending === 1);
      await clock.advance(ms - 1);
      expect([server.requests.length, clock.pending]).toEqual([1, 1]);
      await clock.advance(1);
      expect((await waiting).statusCode).toBe(200);
      expect(clock.now()).toBe(ms);
    });

    it('shortens no wait of the backoff', async () => {
      const clock = new VirtualClock();
      const server = await serve([answer(429, { 'retry-after': '0' }), answer(200)]);
      const waiting = agentAt(clock).request({ origin: server.origin, path: '/', method: 'GET' });
      await until(() => clock.pending === 1);
      await clock.advance(99);
      expect(server.requests).toHaveLength(1);
      await clock.advance(1);
      expect((await waiting).statusCode).toBe(200);
    });

    it.each([
      [{}, '61'],
      [{}, '9'.repeat(400)],
      [{ maxRetryAfterMs: 1000 }, '2'],
      [{ maxElapsedMs: 5000 }, '6'],
    ])('under %j a wait of %s s is none: the response is handed on, at once', async (policy, value) => {
      const clock = new VirtualClock();
      const server = await serve([answer(503, { 'retry-after': value }, 'come back later'), answer(200)]);
      const { body, headers } = await agentAt(clock, policy).request({
        origin: server.origin,
        path: '/',
        method: 'GET',
      });
      expect(await body.text()).toBe('come back later');
      expect(headers['retry-after']).toBe(value);
      expect(clock.pending).toBe(0);
    });
  });

  describe('an abort', () => {
    it('during the wait ends it at once, and leaves no timer', async () => {
      const clock = new VirtualClock();
      const server = await serve([answer(503)]);
      const controller = new AbortController();
      const { signal } = controller;
      const failed = rejection(agentAt(clock).request({ origin: server.origin, path: '/', method: 'GET', signal }));
      await until(() => clock.pending === 1);
      await clock.advance(50);
      const reason = new Error('enough');
      controller.abort(reason);
      expect(clock.pending).toBe(0);
      expect(await failed).toBe(reason);
      expect(retryInfo(reason)).toMatchObject({ reason: 'aborted', attempts: 1, elapsedMs: 50 });
      expect(server.requests).toHaveLength(1);
    });

    it('is heard during the wait for a server that was never reached', async () => {
      const clock = new VirtualClock();
      const controller = new AbortController();
      const { signal } = controller;
      const origin = `http://127.0.0.1:${await freePort()}`;
      const failed = rejection(agentAt(clock).request({ origin, path: '/', method: 'GET', signal }));
      await until(() => clock.pending === 1);
      controller.abort();
      expect(clock.pending).toBe(0);
      expect(await failed).toBe(signal.reason);
    });

    it('during an attempt ends that, and there is no other', async () => {
      const clock = new VirtualClock();
      const server = await serve([answer(503), silence]);
      const controller = new AbortController();
      const { signal } = controller;
      const failed = rejection(agentAt(clock).request({ origin: server.origin, path: '/', method: 'GET', signal }));
      await until(() => clock.pending === 1);
      await clock.advance(100);
      await until(() => server.requests.length === 2);
      controller.abort();
      expect(await failed).toBe(signal.reason);
      expect(clock.pending).toBe(0);
    });

    it('is not taken for a failure, whatever its reason looks like', async () => {
      const clock = new VirtualClock();
      const server = await serve([silence]);
      const controller = new AbortController();
      const { signal } = controller;
      const failed = rejection(agentAt(clock).request({ origin: server.origin, path: '/', method: 'GET', signal }));
      await until(() => server.requests.length === 1);
      const reason = Object.assign(new Error('enough'), { code: 'ECONNRESET' });
      controller.abort(reason);
      expect(await failed).toBe(reason);
      expect(retryInfo(reason)).toMatchObject({ reason: 'aborted', attempts: 1 });
      expect(clock.pending).toBe(0);
    });

    it('is heard while a further attempt waits for its connection, which is then not sent', async () => {
      const clock = new VirtualClock();
      let held: ServerResponse | undefined;
      const hold: Step = (response) => {
        held = response;
      };
      const server = await serve([answer(503), hold, answer(200)]);
      const agent = agentAt(clock);
      const get = { origin: server.origin, method: 'GET' } as const;
      const controller = new AbortController();
      const failed = rejection(agent.request({ ...get, path: '/aborted', signal: controller.signal }));
      await until(() => clock.pending === 1);
      const other = agent.request({ ...get, path: '/held' });
      await until(() => held !== undefined);
      await clock.advance(100);
      controller.abort();
      expect(await failed).toBe(controller.signal.reason);
      held?.end();
      await (await other).body.dump();
      await (await agent.request({ ...get, path: '/next' })).body.dump();
      expect(server.requests.map(({ url }) => url)).toEqual(['/aborted', '/held', '/next']);
    });

    it('works for fetch', async () => {
      const clock = new VirtualClock();
      const server = await serve([answer(503)]);
      const controller = new AbortController();
      const { signal } = controller;
      const failed = rejection(undici.fetch(server.origin, { signal, dispatcher: agentAt(clock) }));
      await until(() => clock.pending === 1);
      controller.abort();
      expect(clock.pending).toBe(0);
      expect(await failed).toMatchObject({ name: 'AbortError' });
    });

    it('of the body that is handed on closes it', async () => {
      const server = await serve([answer(503), (response) => void response.writeHead(200).write('some')]);
      const controller = new AbortController();
      const { signal } = controller;
      const { body } = await agentOf().request({ origin: server.origin, path: '/', method: 'GET', signal });
      const failed = rejection(body.text());
      controller.abort();
      expect(await failed).toBe(signal.reason);
    });
  });

  describe('among others', () => {
    it('tells of each retry before its wait', async () => {
      const events: unknown[] = [];
      const server = await serve([answer(503, { 'x-a': 'b' }), reset, answer(200)]);
      const agent = agentOf({ backoff: [1, 2] }, { onRetry: (event) => events.push(event) });
      await agent.request({ origin: server.origin, path: '/x', method: 'GET' });
      expect(events).toMatchObject([
        { attempt: 1, delayMs: 1, failure: { statusCode: 503, headers: { 'x-a': 'b' } }, request: { path: '/x' } },
        { attempt: 2, delayMs: 2, failure: { code: expect.any(String) } },
      ]);
    });

    it('ends with what a callback throws', async () => {
      const clock = new VirtualClock();
      const fault = new Error('a fault in the callback');
      const options = {
        onRetry: () => {
          throw fault;
        },
      };
      const server = await serve([answer(503)]);
      const get = { origin: server.origin, path: '/', method: 'GET' } as const;
      expect(await rejection(agentAt(clock, {}, options).request(get))).toBe(fault);
      expect(await rejection(agentAt(clock, { backoff: [Number.NaN] }).request(get))).toMatchObject({
        code: 'ERR_LEVERET_RETRY_DELAY',
      });
      expect(clock.pending).toBe(0);
      expect(retryInfo(fault)).toMatchObject({ reason: 'callback-failed' });
    });

    it('spends a shared budget, and gives back what an abort saved', async () => {
      const clock = new VirtualClock();
      const told: string[] = [];
      const note = (what: string) => (): boolean => told.push(what) > 0;
      const budget = {
        called: note('called'),
        succeeded: note('succeeded'),
        failed: note('failed'),
        withdraw: note('withdraw'),
        refund: note('refund'),
      };
      const server = await serve([answer(503), answer(200), answer(503)]);
      const agent = agentAt(clock, { budget });
      const get = { origin: server.origin, path: '/', method: 'GET' } as const;
      const first = agent.request(get);
      await until(() => clock.pending === 1);
      await clock.advance(100);
      await (await first).body.dump();
      expect(told.splice(0)).toEqual(['called', 'failed', 'withdraw', 'succeeded']);
      const controller = new AbortController();
      const second = rejection(agent.request({ ...get, signal: controller.signal }));
      await until(() => clock.pending === 1);
      controller.abort();
      await second;
      expect(told).toEqual(['called', 'failed', 'withdraw', 'refund']);
    });

    it('tells a handler of one request, however many were sent', async () => {
      const server = await serve([reset, answer(503), answer(200)]);
      const told: string[] = [];
      await new Promise<void>((resolve, reject) => {
        agentOf().dispatch(
          { origin: server.origin, path: '/', method: 'GET' },
          {
            onRequestStart: (controller) =>
              told.push(`start ${controller.aborted} ${controller.paused} ${controller.reason}`),
            onResponseStart: (controller, status) =>
              told.push(`${status} ${(controller.rawHeaders ?? []).length !== 0}`),
            onResponseData: (_controller, chunk) => told.push(`${chunk}`),
            onResponseEnd: () => resolve(),
            onResponseError: (_controller, error) => reject(error),
          },
        );
      });
      expect(told).toEqual(['start false false null', '200 true', '200']);
    });

    it('lets the handler change the headers and trailers that it was given', async () => {
      const server = await serve([answer(503), answer(200)]);
      const seen: unknown[] = [];
      await new Promise<void>((resolve, reject) => {
        agentOf().dispatch(
          { origin: server.origin, path: '/', method: 'GET' },
          {
            onRequestStart: (controller) => seen.push(controller.rawHeaders),
            onResponseStart: (controller) => {
              controller.rawHeaders = ['a', 'b'];
              seen.push(controller.rawHeaders);
            },
            onResponseEnd: (controller) => {
              controller.rawTrailers = ['c', 'd'];
              seen.push(controller.rawTrailers);
              resolve();
            },
            onResponseError: (_controller, error) => reject(error),
          },
        );
      });
      expect(seen).toEqual([null, ['a', 'b'], ['c', 'd']]);
    });

    it('hands on early hints', async () => {
      const hints: number[] = [];
      const server = await serve([
        answer(503),
        (response) => {
          response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
          response.end('after the hints');
        },
      ]);
      const onInfo = ({ statusCode }: { statusCode: number }) => hints.push(statusCode);
      const { body } = await agentOf().request({ origin: server.origin, path: '/', method: 'GET', onInfo });
      expect([await body.text(), hints]).toEqual(['after the hints', [103]]);
    });

    it('lets upgrades and tunnels through', async () => {
      const server = await serve([answer(503)]);
      server.server.on('upgrade', (_request, socket) =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\n'),
      );
      server.server.on('connect', (_request, socket) => socket.write('HTTP/1.1 200 Connection established\r\n\r\n'));
      const agent = agentOf();
      const upgraded = await agent.upgrade({ origin: server.origin, path: '/', protocol: 'echo' } as never);
      expect(upgraded.headers['upgrade']).toBe('echo');
      const tunnel = await agent.connect({ origin: server.origin, path: 'example.org:443' });
      expect(tunnel.statusCode).toBe(200);
      upgraded.socket.destroy();
      tunnel.socket.destroy();
    });

    it('works for stream, and hands on what a pipeline has sent', async () => {
      const server = await serve([answer(503), answer(200, {}, 'one'), answer(503), answer(200, {}, 'two')]);
      const chunks: Buffer[] = [];
      const { Writable } = await import('node:stream');
      const sink = new Writable({
        write(chunk: Buffer, _encoding, done) {
          chunks.push(chunk);
          done();
        },
      });
      const agent = agentOf();
      await agent.stream({ origin: server.origin, path: '/', method: 'GET' }, () => sink);
      const piped = agent.pipeline({ origin: server.origin, path: '/', method: 'GET' }, ({ body }) => body);
      for await (const chunk of piped.end()) chunks.push(chunk as Buffer);
      expect(Buffer.concat(chunks).toString()).toBe('one503');
    });

    it('works inside and outside of redirects', async () => {
      const script = [answer(503), answer(307, { location: '/there' }), answer(503), answer(200)];
      const redirect = undici.interceptors.redirect({ maxRedirections: 3 });
      const retry = retryInterceptor({ backoff: [0, 0, 0, 0, 0] });
      for (const [interceptors, urls] of [
        // Each hop is retried.
        [
          [retry, redirect],
          ['/', '/', '/there', '/there'],
        ],
        // The whole is begun anew.
        [
          [redirect, retry],
          ['/', '/', '/there', '/'],
        ],
      ] as const) {
        const server = await serve(script);
        const agent = new undici.Agent();
        open.push(agent);
        const put = { origin: server.origin, path: '/', method: 'PUT', body: 'moved' } as const;
        const { statusCode, context } = await agent.compose([...interceptors]).request(put);
        expect([statusCode, server.requests.map(({ url }) => url)]).toEqual([200, urls]);
        expect(server.requests.every(({ body }) => body === 'moved')).toBe(true);
        expect(context).toMatchObject({ history: expect.any(Array) });
      }
    });

    it('tells of the redirects of the last attempt', async () => {
      const server = await serve([answer(503), answer(307, { location: '/there' }), answer(200)]);
      const agent = new undici.Agent();
      open.push(agent);
      const { context } = await agent
        .compose([undici.interceptors.redirect({ maxRedirections: 3 }), retryInterceptor(atOnce)])
        .request({ origin: server.origin, path: '/', method: 'GET' });
      expect((context as { history: URL[] }).history.map(String)).toEqual([
        `${server.origin}/`,
        `${server.origin}/there`,
      ]);
    });

    it('knows the bodies that redirects have wrapped, which can be read once', async () => {
      const server = await serve([answer(307, { location: '/there' }), answer(503), answer(200)]);
      const agent = new undici.Agent();
      open.push(agent);
      const { statusCode } = await agent
        .compose([retryInterceptor(atOnce), undici.interceptors.redirect({ maxRedirections: 3 })])
        .request({ origin: server.origin, path: '/', method: 'PUT', body: ['an ', 'array'] as never });
      expect(statusCode).toBe(503);
    });

    it('works over HTTP/2', async () => {
      let streams = 0;
      const server = createServer().on('stream', (stream) => {
        streams++;
        stream.on('error', () => {});
        if (streams === 1) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
        else if (streams === 2) stream.session?.destroy();
        else {
          stream.respond({ ':status': streams === 3 ? 503 : 200 });
          stream.end('over HTTP/2');
        }
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const client = new undici.H2CClient(origin);
      open.push(client);
      const { statusCode, body } = await client
        .compose(retryInterceptor(atOnce))
        .request({ origin, path: '/', method: 'GET' });
      expect([statusCode, await body.text(), streams]).toEqual([200, 'over HTTP/2', 4]);
      server.close();
    });

    it('works with a MockAgent', async () => {
      const mock = new undici.MockAgent();
      mock.disableNetConnect();
      const pool = mock.get('http://mock.test');
      pool.intercept({ path: '/' }).reply(503, 'no').times(2);
      pool.intercept({ path: '/' }).reply(200, 'yes');
      const { body } = await mock
        .compose(retryInterceptor(atOnce))
        .request({ origin: 'http://mock.test', path: '/', method: 'GET' });
      expect(await body.text()).toBe('yes');
      mock.assertNoPendingInterceptors();
      await mock.close();
    });

    it('ends when the dispatcher is closed during the wait', async () => {
      const clock = new VirtualClock();
      const server = await serve([answer(503)]);
      const agent = agentAt(clock);
      const failed = rejection(agent.request({ origin: server.origin, path: '/', method: 'GET' }));
      await until(() => clock.pending === 1);
      await agent.close();
      await clock.advance(100);
      expect(await failed).toMatchObject({ code: expect.stringMatching(/^UND_ERR_(CLOSED|DESTROYED)$/) });
    });
  });
});

it('lets an undici that does not know such a handler say so', async () => {
  const legacy = { onConnect() {}, onHeaders() {}, onData() {}, onComplete() {}, onError() {} } as never;
  const given: unknown[] = [];
  const dispatch = retryInterceptor()((_request, handler) => given.push(handler) > 0);
  dispatch({ path: '/', method: 'GET' }, legacy);
  expect(given[0]).toBe(legacy);
});

it.each([
  [{ shouldRetry: () => true }, {}, 'shouldRetry'],
  [{ shouldRetryResult: () => true }, {}, 'shouldRetryResult'],
  [{ retries: -1 }, {}, 'retries'],
  [{}, { methods: 'POST' }, 'methods'],
  [{}, { statusCodes: 503 }, 'statusCodes'],
  [{}, { errorCodes: new Set() }, 'errorCodes'],
  [{}, { maxDrainBytes: -1 }, 'maxDrainBytes'],
  [{}, { onRetry: 1 }, 'onRetry'],
  [{}, { wallClock: 1 }, 'wallClock'],
])('refuses %o with %o: %s', (policy, options, option) => {
  expect(() => retryInterceptor(policy as never, options as never)).toThrow(
    expect.objectContaining({ code: 'ERR_LEVERET_RETRY_OPTION', option }),
  );
});
