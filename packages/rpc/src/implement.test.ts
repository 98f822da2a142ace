import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import * as z from 'zod';
import { joined } from './envelope.js';
import {
  createRpcServer,
  defineContract,
  expectedErrors,
  type Implementation,
  implement,
  type RpcServerEvent,
} from './index.js';
import { encodeRequest } from './request.js';
import { FakeTransport } from './testing/fake-transport.js';
import { replies, TARGET } from './testing/server-setup.js';

const turn = () => new Promise(setImmediate);

const contract = defineContract({
  namespace: 'volumes',
  version: '1.4',
  methods: {
    resize: {
      args: z.object({ id: z.string(), size: z.string().transform(Number), force: z.boolean().default(false) }),
      result: z.object({ status: z.string() }),
    },
    ping: {},
  },
});

/** A server of the contract, and what becomes of a request to it. */
async function setUp(methods: Implementation<typeof contract>) {
  const transport = new FakeTransport();
  transport.declare('reply_q');
  const events: RpcServerEvent[] = [];
  const server = createRpcServer(transport, TARGET, [implement(contract, methods)], {
    onEvent: (event) => void events.push(event),
  });
  await server.start();
  return {
    events,
    async ask(method: string, args: Record<string, unknown>, version = '1.4') {
      const reply = { messageId: 'M', queue: 'reply_q', monitorSeconds: null };
      const facts = { namespace: 'volumes', version, context: {}, uniqueId: `U${Math.random()}`, reply };
      transport.inject('t', joined(encodeRequest({ method, args, ...facts })));
      await turn();
      return replies(transport).at(-1);
    },
  };
}

const ping = () => 'pong';

describe('an implemented contract', () => {
  it('serves its namespace and version, and gives a method what its schema makes of the arguments', async () => {
    const resize = vi.fn(() => ({ status: 'resized' }));
    const { ask, events } = await setUp({ resize, ping });
    expect(await ask('resize', { id: 'v', size: '20' })).toMatchObject({
      result: { status: 'resized' },
      failure: null,
    });
    expect(resize).toHaveBeenCalledWith(
      { id: 'v', size: 20, force: false },
      expect.objectContaining({ method: 'resize' }),
    );
    expect(await ask('ping', {})).toMatchObject({ result: 'pong' });
    expect(await ask('ping', {}, '1.5')).toMatchObject({ failure: expect.stringContaining('UnsupportedVersion') });
    expect(events).toHaveLength(1);
  });

  it('answers arguments that do not match with ValueError, without the value, and does not run the method', async () => {
    const resize = vi.fn(() => ({ status: 'resized' }));
    const { ask, events } = await setUp({ resize, ping });
    const reply = await ask('resize', { id: 5, size: 's3cret', force: 's3cret' });
    const message =
      "The arguments of 'resize' do not match its contract: args.id: Invalid input: expected string, received number; args.force: Invalid input: expected boolean, received string";
    expect(JSON.parse(String(reply?.['failure']))).toMatchObject({
      class: 'ValueError',
      module: 'builtins',
      message,
      args: [message],
      kwargs: {},
    });
    expect(JSON.stringify(reply)).not.toContain('s3cret');
    expect(events).toMatchObject([
      { type: 'request-failed', method: 'resize', error: { cause: { code: 'ERR_LEVERET_ARGS_VALIDATION' } } },
    ]);
    expect(resize).not.toHaveBeenCalled();
    expect(JSON.parse(String((await ask('ping', { x: 1 }))?.['failure']))).toMatchObject({ class: 'ValueError' });
  });

  it('answers a result that does not match with RuntimeError, and tells of it', async () => {
    const { ask, events } = await setUp({ resize: () => ({ status: 5 as never }), ping });
    const reply = await ask('resize', { id: 'v', size: '1' });
    expect(JSON.parse(String(reply?.['failure']))).toMatchObject({
      class: 'RuntimeError',
      module: 'builtins',
      message:
        "The result of 'resize' does not match its contract: result.status: Invalid input: expected string, received number",
    });
    expect(events).toMatchObject([
      {
        type: 'result-refused',
        method: 'resize',
        error: { code: 'ERR_LEVERET_RESULT_VALIDATION', path: 'result.status' },
      },
      { type: 'request-failed', method: 'resize' },
    ]);
  });

  it('waits for asynchronous schemas, until the server wants the method to end', async () => {
    const signal = AbortSignal.abort('stopped');
    const slow = defineContract({
      methods: { m: { args: z.object({}).refine(() => new Promise<boolean>(() => {})) } },
    });
    const method = implement(slow, { m: () => 1 }).methods['m'];
    await expect(method?.({}, { signal } as never)).rejects.toBe('stopped');
    const quick = defineContract({ methods: { m: { args: z.object({}).refine(async () => false, { error: 'no' }) } } });
    await expect(
      implement(quick, { m: () => 1 }).methods['m']?.({}, { signal: new AbortController().signal } as never),
    ).rejects.toMatchObject({
      remoteType: 'ValueError',
      message: "The arguments of 'm' do not match its contract: args: no",
    });
  });

  it('may be a class, whose methods have their this', async () => {
    class Volumes implements Implementation<typeof contract> {
      readonly #status = 'resized';
      resize() {
        return { status: this.#status };
      }
      ping() {
        return 'pong';
      }
    }
    const { ask } = await setUp(new Volumes());
    expect(await ask('resize', { id: 'v', size: '1' })).toMatchObject({ result: { status: 'resized' } });
  });

  it('knows what methods take and return', async () => {
    implement(contract, {
      resize: (args, request) => {
        expectTypeOf(args).toEqualTypeOf<{ id: string; size: number; force: boolean }>();
        expectTypeOf(request.kind).toEqualTypeOf<'call' | 'cast'>();
        return Promise.resolve({ status: 'resized' });
      },
      ping,
    });
    implement(contract, { resize: expectedErrors([RangeError], () => ({ status: 'resized' })), ping });
    // @ts-expect-error One is missing.
    expect(() => implement(contract, { ping })).toThrow("The contract's method 'resize' is not implemented.");
    expect(() =>
      implement(contract, {
        resize: () => ({ status: '' }),
        ping,
        // @ts-expect-error It is not in the contract.
        resise: ping,
      }),
    ).toThrow("The contract has no method 'resise'; did you mean 'resize'?");
    implement(contract, {
      // @ts-expect-error A status is a string.
      resize: () => ({ status: 5 }),
      ping,
    });
    const inherited = defineContract({ methods: { toString: {} } });
    expect(() => implement(inherited, {} as never)).toThrow("The contract's method 'toString' is not implemented.");
  });

  it('takes the literals and tuples that methods return for what the schemas say, written in place or in a class', () => {
    const status = z.enum(['active', 'error']);
    const literal = defineContract({
      methods: {
        state: {
          args: z.object({ id: z.string() }),
          result: z.object({ status, at: z.tuple([z.string(), z.number()]) }),
        },
        status: { result: status },
        either: {
          result: z.union([z.object({ kind: z.literal('a'), a: z.number() }), z.object({ kind: z.literal('b') })]),
        },
      },
    });
    implement(literal, {
      state: ({ id }) => ({ status: 'active', at: [id, 1] }),
      status: () => 'error',
      either: async () => ({ kind: 'b' }),
    });
    implement(literal, {
      state: expectedErrors([RangeError], async ({ id }) => ({ status: 'active', at: [id, 1] })),
      status: async () => 'error' as const,
      either: expectedErrors([RangeError], () => ({ kind: 'a', a: 1 })),
    });
    class States implements Implementation<typeof literal> {
      state({ id }: { readonly id: string }) {
        return { status: 'active' as const, at: [id, 1] as [string, number] };
      }
      status() {
        return 'error' as const;
      }
      either() {
        return { kind: 'b' as const };
      }
    }
    implement(literal, new States());
    implement(literal, {
      // @ts-expect-error There is no such status.
      state: ({ id }) => ({ status: 'gone', at: [id, 1] }),
      // @ts-expect-error Nor here.
      status: () => 'gone',
      // @ts-expect-error An a is missing.
      either: async () => ({ kind: 'a' }),
    });
    expect(Object.keys(implement(literal, new States()).methods)).toEqual(['state', 'status', 'either']);
  });
});
