import { describe, expect, it, vi } from 'vitest';
import { expectedErrors, type ServerMiddleware } from './index.js';
import { body, replies, results, setUpServer } from './testing/server-setup.js';

const turn = () => new Promise(setImmediate);

async function serve(methods: Parameters<typeof setUpServer>[0], middleware: ServerMiddleware[]) {
  const setUp = setUpServer(methods, { middleware });
  await setUp.server.start();
  return setUp;
}

describe('middleware of a server', () => {
  it('sees what is asked for, and changes arguments, context and result', async () => {
    const seen: Record<string, unknown>[] = [];
    const method = vi.fn((_args: unknown, _request: unknown): unknown => 1);
    const { transport, server } = await serve({ m: method }, [
      async (call, next) => {
        const { signal, ...rest } = call;
        seen.push({ ...rest, aborted: signal.aborted });
        call.args = { added: true };
        call.context = { ...call.context, admin: true };
        return [await next()];
      },
    ]);
    const headers = { 'x-tenant': 'blue' };
    const properties = { contentType: 'application/json', contentEncoding: 'utf-8', headers };
    transport.inject('t', body('m', { a: 1 }), properties);
    await turn();
    expect(results(transport)).toEqual([[1]]);
    expect(seen).toMatchObject([
      {
        target: { exchange: null, topic: 't', server: 's' },
        destination: { exchange: '', routingKey: 't' },
        uniqueId: expect.stringMatching(/^U\d+$/u),
        messageId: expect.stringMatching(/^M\d+$/u),
        method: 'm',
        namespace: null,
        version: '1.0',
        kind: 'call',
        headers,
        args: { a: 1 },
        context: { user: 'bob', client_timeout: null },
        redelivered: false,
        aborted: false,
      },
    ]);
    expect(method).toHaveBeenCalledWith(
      { added: true },
      expect.objectContaining({ context: { user: 'bob', client_timeout: null, admin: true } }),
    );
    await server.stop();
  });

  it('can answer itself, and what it throws is answered as if the method had', async () => {
    const method = vi.fn();
    const { transport, server, events } = await serve({ m: method }, [
      (call) => {
        if (call.args['cached'] === true) return 'cached';
        throw new RangeError('refused');
      },
    ]);
    transport.inject('t', body('m', { cached: true }));
    await turn();
    transport.inject('t', body('m'));
    await turn();
    expect(results(transport)).toEqual(['cached', null]);
    expect(JSON.parse(String(replies(transport)[1]?.['failure']))).toMatchObject({
      class: 'ValueError',
      message: 'refused',
    });
    expect(events).toMatchObject([{ type: 'request-failed', method: 'm', kind: 'call' }]);
    expect(method).not.toHaveBeenCalled();
    await server.stop();
  });

  it('sees requests for what is not there', async () => {
    const failures: unknown[] = [];
    const { transport, server } = await serve({ m: () => 1 }, [
      (_call, next) =>
        next().catch((error: { code: string }) => {
          failures.push(error.code);
          throw error;
        }),
    ]);
    transport.inject('t', body('nope'));
    await turn();
    expect(failures).toEqual(['ERR_LEVERET_NO_SUCH_METHOD']);
    expect(JSON.parse(String(replies(transport)[0]?.['failure']))).toMatchObject({ class: 'NoSuchMethod' });
    await server.stop();
  });

  it('sees an expected error as what it is, and the server tells of it as expected', async () => {
    const failure = new RangeError('no');
    const caught: unknown[] = [];
    const fail = (): never => {
      throw failure;
    };
    const { transport, server, events } = await serve({ m: expectedErrors([RangeError], fail) }, [
      (_call, next) =>
        next().catch((error: unknown) => {
          caught.push(error);
          throw error;
        }),
    ]);
    transport.inject('t', body('m'));
    await turn();
    expect(caught).toEqual([failure]);
    expect(events).toMatchObject([{ type: 'request-failed', error: failure, expected: true }]);
    await server.stop();
  });

  it('answers null where neither it nor the method gives anything', async () => {
    const { transport, server } = await serve({ m: () => {} }, [(_call, next) => next(), () => {}]);
    transport.inject('t', body('m'));
    await turn();
    expect(replies(transport)).toMatchObject([{ result: null, failure: null }]);
    await server.stop();
  });
});
