import { type OsloClient, type OsloServer, startOsloClient, startOsloServer } from '@leveret/tooling-oslo';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createRpcClient,
  createRpcServer,
  formatRequestContext,
  type RequestContext,
  type RpcClient,
  type RpcServer,
} from '../src/index.js';
import { useBroker } from './helpers.js';

const BIG = 2n ** 80n;

describe('values that the languages do not have in common', () => {
  const broker = useBroker();
  const asked: unknown[] = [];
  let python: OsloServer;
  let pythonClient: OsloClient;
  let client: RpcClient;
  let server: RpcServer;

  beforeAll(async () => {
    const { url, topic, transport } = broker.setting;
    client = createRpcClient(transport, { topic }, { timeoutMs: 10_000, bigints: true });
    const methods = {
      echo: ({ value }: { value: unknown }) => {
        asked.push(value);
        return value;
      },
      big: () => [BIG, -BIG, 1n],
      date: () => new Date('2024-02-29T13:14:15.123Z'),
      set: () => new Set(['a']),
      bytes: () => Buffer.from('für'),
      map: () => new Map<unknown, unknown>([[1, 'one']]),
    };
    server = createRpcServer(transport, { topic: `${topic}-ours`, server: 's' }, [{ methods }], { bigints: true });
    [python, pythonClient] = await Promise.all([
      startOsloServer({ url, topic, server: 'python' }),
      startOsloClient({ url, topic: `${topic}-ours` }),
      server.start(),
    ]);
  });
  afterAll(async () => {
    await Promise.all([python?.kill(), pythonClient?.kill(), server?.stop({ drainMs: 0 })]);
    await client?.close();
  });

  it('a bigint is an int in Python, which reckons with all its digits', async () => {
    expect(await client.call('add', { a: BIG, b: 1 })).toBe(BIG + 1n);
    expect(await client.call('echo', { value: [BIG, { a: -BIG }, 9_007_199_254_740_991n] })).toEqual([
      BIG,
      { a: -BIG },
      9_007_199_254_740_991,
    ]);
    expect(await client.call('context_echo', {}, { context: { quota: BIG } })).toMatchObject({ ctxt: { quota: BIG } });
  });

  it.each([
    ['big', `[${BIG}, -${BIG}, 1]`],
    ['date', "'2024-02-29T13:14:15.123000'"],
    ['set', "['a']"],
    ['bytes', "'für'"],
    ['map', "{'1': 'one'}"],
  ])('the result of %s is %s in Python', async (method, repr) => {
    expect(await pythonClient.request({ method, timeout: 10, repr: true })).toMatchObject({ ok: true, repr });
  });

  it.each<[string, unknown]>([
    ['datetime', '2024-02-29T13:14:15.123456'],
    // Without its time zone: what arrives is the time that clocks there show.
    ['datetime tz', '2024-02-29T13:14:15.000000'],
    ['set', [1]],
    ['tuple', [1, 'a']],
    ['bytes', 'für'],
    ['uuid', '00000000-0000-0000-0000-000000000007'],
    ['nan', Number.NaN],
    ['infinities', [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    ['int', BIG],
    // 1 and True are one key in Python.
    ['int keys', { 1: 3, null: 2 }],
    ['float', 10_000_000_000_000_000],
  ])('a value of Python arrives as Python’s JSON has it: %s', async (kind, value) => {
    expect(await client.call('of_kind', { kind })).toEqual(value);
  });

  it('a Decimal of Python cannot be sent by it, and its caller waits in vain', async () => {
    await expect(client.call('of_kind', { kind: 'decimal' }, { timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'ERR_LEVERET_TIMEOUT',
      stage: 'reply',
    });
  });

  it('a context is a RequestContext in Python', async () => {
    const context: RequestContext = {
      userId: 'u',
      projectId: 'p',
      userDomainId: 'd',
      isAdmin: true,
      roles: ['a'],
      requestId: 'req-1',
      projectName: 'P',
    };
    expect(await client.call('request_context', {}, { context: formatRequestContext(context) })).toEqual({
      user_id: 'u',
      project_id: 'p',
      domain_id: null,
      user_domain_id: 'd',
      is_admin: true,
      roles: ['a'],
      request_id: 'req-1',
      global_request_id: null,
      system_scope: null,
      project_name: 'P',
      read_only: false,
    });
  });

  it('an int of Python is a bigint where no number can hold it', async () => {
    // As JSON.stringify writes 2^60, which Python reads, and sends, as an int.
    const answer = await pythonClient.request({ method: 'echo', args: { value: 2 ** 60 }, timeout: 10, repr: true });
    expect(asked.pop()).toBe(1_152_921_504_606_847_000n);
    expect(answer).toMatchObject({ repr: '1152921504606847000' });
  });
});
