import { describe, expect, it, onTestFinished } from 'vitest';
import { createRpcClient, createRpcServer, type RpcClient } from '../src/index.js';
import { useBroker } from './helpers.js';

interface Member {
  readonly name: string;
  /** What it was told, in order. */
  readonly told: unknown[];
}

// What oslo.messaging's functional tests ask of groups of servers: test/upstream.md says which is which.
describe('a group of servers', () => {
  const broker = useBroker();

  async function startGroup(topic: string, names: readonly string[], exchange?: string): Promise<readonly Member[]> {
    return await Promise.all(
      names.map(async (name) => {
        const told: unknown[] = [];
        const methods = {
          tell: ({ what }: { what: unknown }) => {
            told.push(what);
            return name;
          },
          sleep: ({ ms }: { ms: number }) => new Promise((resolve) => setTimeout(resolve, ms, ms)),
        };
        const target = { topic, server: name, ...(exchange === undefined ? {} : { exchange }) };
        const server = createRpcServer(broker.setting.transport, target, [{ methods }]);
        onTestFinished(() => server.stop({ drainMs: 0 }));
        await server.start();
        return { name, told };
      }),
    );
  }

  function clientFor(topic: string, exchange?: string): RpcClient {
    const target = { topic, ...(exchange === undefined ? {} : { exchange }) };
    const client = createRpcClient(broker.setting.transport, target, { timeoutMs: 15_000 });
    onTestFinished(() => client.close());
    return client;
  }

  const topicOf = (name: string) => `${broker.setting.topic}-${name}`;
  const tellings = (group: readonly Member[]) => group.map(({ told }) => told);
  const eventually = <Value>(value: () => Value) => expect.poll(value, { timeout: 10_000, interval: 20 });

  it('is called by name: only that server hears, and what it returns is the result', async () => {
    const group = await startGroup(topicOf('named'), ['a', 'b', 'c']);
    const client = clientFor(topicOf('named'));
    expect(await client.call('tell', { what: 1 }, { server: 'b' })).toBe('b');
    expect(await client.call('tell', { what: 2 }, { server: 'b' })).toBe('b');
    expect(tellings(group)).toEqual([[], [1, 2], []]);
  });

  it('shares calls: each is run once, every server gets some, and each in their order', async () => {
    const group = await startGroup(topicOf('shared'), ['a', 'b', 'c']);
    const client = clientFor(topicOf('shared'));
    const numbers = Array.from({ length: 30 }, (_, number) => number);
    for (const what of numbers) await client.call('tell', { what });
    const all = tellings(group) as number[][];
    expect(all.flat().sort((a, b) => a - b)).toEqual(numbers);
    for (const told of all) {
      expect(told).not.toEqual([]);
      expect(told).toEqual(told.toSorted((a, b) => a - b));
    }
  });

  it('is one of its exchange: others of another topic and exchange hear nothing', async () => {
    const groups = await Promise.all(
      [undefined, 'a', 'b'].map(async (suffix) => {
        const exchange = suffix === undefined ? undefined : `${topicOf('exchange')}-${suffix}`;
        const topic = topicOf(`of-${suffix ?? 'default'}`);
        return { group: await startGroup(topic, ['s'], exchange), client: clientFor(topic, exchange) };
      }),
    );
    const [usual, inA, inB] = groups;
    await usual?.client.call('tell', { what: 'usual' }, { server: 's' });
    await inA?.client.call('tell', { what: 'in a' }, { server: 's' });
    expect(groups.flatMap(({ group }) => tellings(group))).toEqual([['usual'], ['in a'], []]);
    await inB?.client.call('tell', { what: 'in b' });
    expect(tellings(inB?.group ?? [])).toEqual([['in b']]);
  });

  it('is cast to by name: only that server hears, each cast once', async () => {
    const group = await startGroup(topicOf('cast-named'), ['a', 'b', 'c']);
    const client = clientFor(topicOf('cast-named'));
    await client.cast('tell', { what: 1 }, { server: 'c' });
    await client.cast('tell', { what: 2 }, { server: 'c' });
    await eventually(() => tellings(group)).toEqual([[], [], [1, 2]]);
  });

  it('shares casts: twenty are twenty', async () => {
    const group = await startGroup(topicOf('cast'), ['a', 'b', 'c']);
    const client = clientFor(topicOf('cast'));
    const numbers = Array.from({ length: 20 }, (_, number) => number);
    for (const what of numbers) await client.cast('tell', { what });
    await eventually(() => (tellings(group).flat() as number[]).sort((a, b) => a - b)).toEqual(numbers);
    for (const told of tellings(group)) expect(told).not.toEqual([]);
  });

  it('hears a fanout: every server, every cast, once, in order', async () => {
    const group = await startGroup(topicOf('fanout'), ['a', 'b', 'c']);
    const client = clientFor(topicOf('fanout'));
    const numbers = Array.from({ length: 20 }, (_, number) => number);
    for (const what of numbers) await client.cast('tell', { what }, { fanout: true });
    await eventually(() => tellings(group)).toEqual([numbers, numbers, numbers]);
  });

  it('that is nobody lets a call time out, and tells one that is mandatory at once', async () => {
    const client = clientFor(topicOf('nobody'));
    const outcome = client.call('tell', {}, { timeoutMs: 1_000 });
    await expect(outcome).rejects.toMatchObject({ code: 'ERR_LEVERET_TIMEOUT' });
    const mandatory = client.call('tell', {}, { timeoutMs: 30_000, mandatory: true });
    await expect(mandatory).rejects.toMatchObject({ code: 'ERR_LEVERET_UNDELIVERABLE' });
  });

  it('lets a long call time out in its time, although shorter ones go on being answered', async () => {
    await startGroup(topicOf('long'), ['a']);
    const client = clientFor(topicOf('long'));
    let over = false;
    const long = client.call('sleep', { ms: 3_000 }, { timeoutMs: 1_500 }).catch((error: unknown) => {
      over = true;
      return error;
    });
    const short: unknown[] = [];
    while (!over) short.push(await client.call('sleep', { ms: 100 }));
    expect(await long).toMatchObject({ code: 'ERR_LEVERET_TIMEOUT', timeoutMs: 1_500 });
    expect(short.length).toBeGreaterThan(3);
    expect(short.every((answer) => answer === 100)).toBe(true);
  });

  it('answers in any order, and each caller gets its own: null, lists, objects, false and zero too', async () => {
    const answers = [null, [], {}, false, 0, 'text'];
    const topic = topicOf('out-of-order');
    const held: (() => void)[] = [];
    const methods = {
      answer: ({ index }: { index: number }) =>
        new Promise((resolve) => {
          held.push(() => resolve(answers[index]));
        }),
    };
    const server = createRpcServer(broker.setting.transport, { topic, server: 's' }, [{ methods }]);
    onTestFinished(() => server.stop({ drainMs: 0 }));
    await server.start();
    const client = clientFor(topic);
    const calls = Promise.all(answers.map((_, index) => client.call('answer', { index })));
    await eventually(() => held.length).toBe(answers.length);
    for (const answer of held.reverse()) answer();
    expect(await calls).toEqual(answers);
  });
});
