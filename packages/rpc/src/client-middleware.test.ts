import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type ClientMiddleware, createRpcClient, defineContract } from './index.js';
import { answer, request, setUpClient } from './testing/client-setup.js';
import { gate } from './testing/server-setup.js';

const turn = () => new Promise(setImmediate);

describe('middleware of a client', () => {
  it('sees what is called, and changes arguments, context, headers and result', async () => {
    const seen: unknown[] = [];
    const middleware: ClientMiddleware = async (call, next) => {
      seen.push({ ...call });
      call.args = { ...call.args, added: 1 };
      call.context = { ...call.context, token: 't' };
      call.headers['x-tenant'] = 'blue';
      return [await next()];
    };
    const { transport, client } = setUpClient({ middleware: [middleware], context: { user: 'bob' } });
    const { signal } = new AbortController();
    const result = client.prepare({ server: 's' }).call('m', { a: 1 }, { timeoutMs: 500, signal });
    await turn();
    expect(request(transport)).toMatchObject({
      args: { a: 1, added: 1 },
      _context_user: 'bob',
      _context_token: 't',
    });
    expect(transport.published[0]?.options.headers).toEqual({ 'x-tenant': 'blue' });
    answer(transport, { result: 7 });
    expect(await result).toEqual([7]);
    const target = { topic: 't', server: 's', exchange: null, fanout: false, namespace: null, version: null };
    expect(seen).toEqual([
      {
        kind: 'call',
        method: 'm',
        target,
        destination: { exchange: 'openstack', routingKey: 't.s' },
        uniqueId: request(transport, 0)['_unique_id'],
        messageId: request(transport, 0)['_msg_id'],
        timeoutMs: 500,
        signal,
        args: { a: 1 },
        context: { user: 'bob' },
        headers: { 'x-tenant': 'blue' },
      },
    ]);
    await client.cast('n');
    expect(seen[1]).toMatchObject({ kind: 'cast', method: 'n', messageId: null });
    expect(request(transport)).toMatchObject({ args: { added: 1 } });
  });

  it('can answer itself, and refuse, and then nothing is sent', async () => {
    const cached = setUpClient({ middleware: [() => 'cached'] });
    expect(await cached.client.call('m')).toBe('cached');
    expect(await cached.client.cast('m')).toBeUndefined();
    const empty = setUpClient({ middleware: [() => {}] });
    expect(await empty.client.call('m')).toBeNull();
    const refusal = new Error('not now');
    const refusing = setUpClient({
      middleware: [
        () => {
          throw refusal;
        },
      ],
    });
    await expect(refusing.client.call('m')).rejects.toBe(refusal);
    for (const { transport } of [cached, empty, refusing]) expect(transport.published).toEqual([]);
  });

  it('sees errors, and can turn them into results', async () => {
    const { transport, client } = setUpClient({
      middleware: [(_call, next) => next().catch((error: { code: string }) => error.code)],
    });
    transport.onPublish = () => new Error('gone');
    expect(await client.call('m')).toBe('ERR_LEVERET_CLIENT_SEND');
  });

  it('stands outside the contract: what it changes is validated, and so is the result it gets', async () => {
    const contract = defineContract({
      methods: { m: { args: z.object({ a: z.number() }), result: z.string().transform((text) => text.length) } },
    });
    const { transport } = setUpClient();
    const results: unknown[] = [];
    let added: unknown = 1;
    const middleware: ClientMiddleware = async (call, next) => {
      call.args = { a: added };
      results.push(await next());
    };
    const client = createRpcClient(transport, { topic: 't' }, { contract, middleware: [middleware] });
    const result = client.call('m', { a: 0 });
    await turn();
    answer(transport, { result: 'four' });
    expect([await result, results]).toEqual([4, [4]]);
    added = 'x';
    await expect(client.call('m', { a: 0 })).rejects.toMatchObject({ code: 'ERR_LEVERET_ARGS_VALIDATION' });
  });

  it('sends nothing for a client that was closed, or a call that was cancelled, while it waited', async () => {
    const { promise, open } = gate();
    const { transport, client } = setUpClient({ middleware: [(_call, next) => promise.then(next)] });
    const controller = new AbortController();
    const cancelled = client.call('m', {}, { signal: controller.signal }).catch((error: unknown) => error);
    const closed = client.cast('m').catch((error: unknown) => error);
    controller.abort('enough');
    open();
    expect(await cancelled).toBe('enough');
    await closed;
    const other = setUpClient({ middleware: [(_call, next) => new Promise(setImmediate).then(next)] });
    const late = other.client.cast('m').catch((error: unknown) => error);
    await other.client.close();
    expect(await late).toMatchObject({ code: 'ERR_LEVERET_CLIENT_CLOSED' });
    expect([transport.published.length, other.transport.published]).toEqual([1, []]);
  });

  it('cannot make arguments or context what cannot be sent', async () => {
    const { client } = setUpClient({
      middleware: [
        (call, next) => {
          if (call.kind === 'call') call.args = [] as never;
          else call.context = null as never;
          return next();
        },
      ],
    });
    await expect(client.call('m')).rejects.toThrow('args must be an object, got a list.');
    await expect(client.cast('m')).rejects.toThrow('context must be an object, got null.');
  });
});
