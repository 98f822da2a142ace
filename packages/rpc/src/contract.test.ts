import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import { createRpcClient, defineContract } from './index.js';
import { answer, request } from './testing/client-setup.js';
import { FakeTransport } from './testing/fake-transport.js';

const turn = () => new Promise(setImmediate);

const contracts = {
  zod: defineContract({
    namespace: 'volumes',
    version: '1.4',
    methods: {
      resize: {
        args: z.object({ id: z.string(), size: z.number(), note: z.string().optional() }),
        result: z.object({ status: z.string() }),
      },
      ping: {},
    },
  }),
  valibot: defineContract({
    namespace: 'volumes',
    version: '1.4',
    methods: {
      resize: {
        args: v.object({ id: v.string(), size: v.number(), note: v.optional(v.string()) }),
        result: v.object({ status: v.string() }),
      },
      ping: {},
    },
  }),
  arktype: defineContract({
    namespace: 'volumes',
    version: '1.4',
    methods: {
      resize: {
        args: type({ id: 'string', size: 'number', 'note?': 'string' }),
        result: type({ status: 'string' }),
      },
      ping: {},
    },
  }),
};

describe.each(Object.entries(contracts))('a client with a contract of %s', (_library, contract) => {
  // All three infer the same.
  const setUp = () => {
    const transport = new FakeTransport();
    return {
      transport,
      client: createRpcClient(transport, { topic: 't' }, { contract: contract as typeof contracts.zod }),
    };
  };

  it('asks for its namespace and version, and resolves to the result', async () => {
    const { transport, client } = setUp();
    const result = client.call('resize', { id: 'v-7', size: 20 });
    await turn();
    expect(request(transport)).toMatchObject({ namespace: 'volumes', version: '1.4', args: { id: 'v-7', size: 20 } });
    answer(transport, { result: { status: 'resized' } });
    expect(await result).toEqual({ status: 'resized' });
  });

  it('refuses arguments before anything is sent, and names method, field and issue but not the value', async () => {
    const { transport, client } = setUp();
    for (const send of [client.call, client.cast, client.prepare({ server: 's' }).call]) {
      const bad = { id: 's3cret', size: 's3cret' } as never;
      const error = await (send as typeof client.call).call(client, 'resize', bad).catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        name: 'ArgsValidationError',
        code: 'ERR_LEVERET_ARGS_VALIDATION',
        method: 'resize',
        path: 'args.size',
        issues: [{ path: 'args.size', message: expect.stringMatching(/number/u) }],
        message: expect.stringMatching(/^The arguments of 'resize' do not match its contract: args\.size: .*number/u),
      });
      expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('s3cret');
    }
    expect([transport.published, transport.consumed]).toEqual([[], []]);
  });

  it('refuses a result that does not match', async () => {
    const { transport, client } = setUp();
    const outcome = client.call('resize', { id: 'v', size: 1 }).catch((error: unknown) => error);
    await turn();
    answer(transport, { result: { status: 7, password: 's3cret' } });
    const error = await outcome;
    expect(error).toMatchObject({ code: 'ERR_LEVERET_RESULT_VALIDATION', method: 'resize', path: 'result.status' });
    expect(JSON.stringify(error) + String(error)).not.toContain('s3cret');
  });
});

describe('a contract', () => {
  it('gives a client the input of arguments and the output of results', () => {
    for (const name of ['zod', 'valibot', 'arktype'] as const) expect(contracts[name].methods).toHaveProperty('resize');
    const transport = new FakeTransport();
    const ofZod = createRpcClient(transport, { topic: 't' }, { contract: contracts.zod });
    const ofValibot = createRpcClient(transport, { topic: 't' }, { contract: contracts.valibot });
    const ofArktype = createRpcClient(transport, { topic: 't' }, { contract: contracts.arktype });
    expectTypeOf(ofZod.call<'resize'>)
      .parameter(1)
      .toEqualTypeOf<{ id: string; size: number; note?: string | undefined }>();
    expectTypeOf(ofZod.call<'resize'>).returns.resolves.toEqualTypeOf<{ status: string }>();
    expectTypeOf(ofValibot.call<'resize'>)
      .parameter(1)
      .toEqualTypeOf<{ id: string; size: number; note?: string | undefined }>();
    expectTypeOf(ofValibot.call<'resize'>).returns.resolves.toEqualTypeOf<{ status: string }>();
    expectTypeOf(ofArktype.call<'resize'>)
      .parameter(1)
      .toEqualTypeOf<{ id: string; size: number; note?: string }>();
    expectTypeOf(ofArktype.call<'resize'>).returns.resolves.toEqualTypeOf<{ status: string }>();
    expectTypeOf(ofZod.call<'ping'>).returns.resolves.toEqualTypeOf<unknown>();
    const transforming = defineContract({
      methods: {
        at: {
          args: z.object({ size: z.string().transform(Number), force: z.boolean().default(false) }),
          result: z.iso.datetime().transform((text) => new Date(text)),
        },
      },
    });
    const client = createRpcClient(transport, { topic: 't' }, { contract: transforming }).prepare({ server: 's' });
    expectTypeOf(client.call<'at'>)
      .parameter(1)
      .toEqualTypeOf<{ size: string; force?: boolean | undefined }>();
    expectTypeOf(client.call<'at'>).returns.resolves.toEqualTypeOf<Date>();
  });

  it('lets nobody leave arguments out, or call what it has not', async () => {
    const client = createRpcClient(new FakeTransport(), { topic: 't' }, { contract: contracts.zod });
    // @ts-expect-error They have required fields.
    await expect(client.call('resize')).rejects.toMatchObject({ code: 'ERR_LEVERET_ARGS_VALIDATION' });
    // @ts-expect-error There is no such method.
    await expect(client.call('rezise', { id: 'v', size: 1 })).rejects.toMatchObject({
      code: 'ERR_LEVERET_INVALID_ARGUMENT',
      message: "The contract has no method 'rezise'; did you mean 'resize'? It has resize, ping.",
    });
    // @ts-expect-error Nor of the prototype.
    await expect(client.cast('toString')).rejects.toThrow(
      "The contract has no method 'toString'. It has resize, ping.",
    );
    // @ts-expect-error It takes none.
    await expect(client.call('ping', { id: 'v' })).rejects.toMatchObject({
      message: "The arguments of 'ping' do not match its contract: args.id: the method takes no arguments",
    });
    await expect(client.call('resize', null as never)).rejects.toThrow('args must be an object, got null.');
  });

  it('has named arguments', () => {
    // @ts-expect-error Arguments are an object.
    defineContract({ methods: { m: { args: z.string() } } });
    defineContract({ methods: { m: { args: z.record(z.string(), z.unknown()) }, n: { args: z.any() } } });
  });

  it('yields to the target that the client names', async () => {
    const transport = new FakeTransport();
    const target = { topic: 't', namespace: null, version: '1.2' };
    await createRpcClient(transport, target, { contract: contracts.zod }).cast('ping');
    expect(request(transport)).toMatchObject({ version: '1.2' });
    expect(request(transport)).not.toHaveProperty('namespace');
  });

  it('sends arguments as they are, and gives the caller what the schema makes of the result', async () => {
    const transport = new FakeTransport();
    const contract = defineContract({
      methods: {
        at: {
          args: z.object({ size: z.string().transform(Number), force: z.boolean().default(false) }),
          result: z.iso.datetime().transform((text) => new Date(text)),
        },
      },
    });
    const client = createRpcClient(transport, { topic: 't' }, { contract });
    const result = client.call('at', { size: '20' });
    await turn();
    expect(request(transport)['args']).toEqual({ size: '20' });
    answer(transport, { result: '2026-01-02T03:04:05Z' });
    expect(await result).toEqual(new Date(Date.UTC(2026, 0, 2, 3, 4, 5)));
  });

  it('takes the null of a reply for the undefined that JSON lacks, where only that matches', async () => {
    const transport = new FakeTransport();
    const contract = defineContract({
      methods: {
        nothing: { result: z.void() },
        perhaps: { result: z.string().optional() },
        later: {
          result: z
            .string()
            .optional()
            .refine(async () => true),
        },
        null: { result: z.null() },
        text: { result: z.string() },
      },
    });
    const client = createRpcClient(transport, { topic: 't' }, { contract });
    const outcomes = Promise.allSettled(
      (['nothing', 'perhaps', 'later', 'null', 'text'] as const).map((name) => client.call(name)),
    );
    for (let index = 0; index < 5; index += 1) {
      await turn();
      answer(transport, { result: null }, index);
    }
    const [nothing, perhaps, later, ofNull, text] = await outcomes;
    expect([nothing, perhaps, later]).toEqual(Array(3).fill({ status: 'fulfilled', value: undefined }));
    expect(ofNull).toEqual({ status: 'fulfilled', value: null });
    expect(text).toMatchObject({
      status: 'rejected',
      reason: { code: 'ERR_LEVERET_RESULT_VALIDATION', path: 'result' },
    });
  });

  it('lists at most 20 issues, and counts the rest', async () => {
    const contract = defineContract({ methods: { add: { args: z.object({ values: z.array(z.number()) }) } } });
    const client = createRpcClient(new FakeTransport(), { topic: 't' }, { contract });
    const error = await client.call('add', { values: Array(100).fill('x') }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ issues: { length: 20 }, message: expect.stringMatching(/; and 80 more$/u) });
  });

  it('says what is wrong with it', () => {
    const define = (contract: unknown) => () => defineContract(contract as never);
    expect(define({ methods: {} })).toThrow('The contract has no methods.');
    expect(define({})).toThrow("The contract's methods must be an object");
    expect(define({ method: {} })).toThrow(
      "There is no option 'method' of a contract; there are namespace, version, methods.",
    );
    expect(define({ methods: { m: { arg: z.string() } } })).toThrow(
      "There is no option 'arg' of the contract's method 'm'",
    );
    expect(define({ methods: { m: { args: { type: 'object' } } } })).toThrow(
      "The contract's args of 'm' must be a schema that implements Standard Schema 1",
    );
    expect(define({ methods: { m: {} }, version: '1' })).toThrow('write it as major.minor');
    expect(define({ methods: { m: {} }, namespace: 5 })).toThrow("The contract's namespace must be a string or null.");
    expect(() => createRpcClient(new FakeTransport(), { topic: 't' }, { contract: { methods: {} } })).toThrow(
      'The contract has no methods.',
    );
  });
});
