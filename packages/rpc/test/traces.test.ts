import { readFileSync } from 'node:fs';
import { createTransport } from '@leveret/transport';
import { describe, expect, it } from 'vitest';
import { createRpcClient, createRpcServer } from '../src/index.js';
import { type RecordedFrame, recordFrames } from './frame-recorder.js';
import { useBroker } from './helpers.js';

interface Trace {
  readonly id: string;
  readonly kind: 'client' | 'server';
  readonly frames: readonly Omit<RecordedFrame, 'channel'>[];
}

const { cases } = JSON.parse(readFileSync(new URL('fixtures/traces.json', import.meta.url), 'utf8')) as {
  cases: readonly Trace[];
};

function traceOf(kind: Trace['kind'], generation: string): Trace['frames'] {
  return cases.find(({ id }) => id === `${kind}-${generation}`)?.frames ?? [];
}

// How oslo.messaging's frames differ from ours on purpose, and why it does not matter to anyone else:
//  - its consumers share one channel, and begin when all queues are declared; ours have a channel each (decision 0005),
//    and each begins when its own queue is declared and bound;
//  - it sends basic.qos only when a prefetch is set; ours always do on a server, so that what does not run stays with
//    the broker;
//  - its consumer tags are counted, ours are left to the broker.

/** What was done by these methods, in order, without the tags; names are given a common topic, and ids are blanked. */
function done(frames: Trace['frames'], topic: string, methods: readonly string[]): [string, object][] {
  return frames
    .filter(({ from, method }) => from === 'client' && methods.includes(method))
    .map(({ method, args, property_flags: flags }) => [
      method,
      JSON.parse(
        JSON.stringify({ ...args, consumer_tag: undefined, flags })
          .replaceAll(topic, 'TOPIC')
          .replace(/_[0-9a-f]{32}"/gu, '_ID"'),
      ) as object,
    ]);
}

function unique(steps: readonly [string, object][]): [string, object][] {
  const seen = new Set<string>();
  return steps.filter((step) => {
    const text = JSON.stringify(step);
    return !seen.has(text) && seen.add(text);
  });
}

describe.each(['14.0.3', 'master'])('beside the frames of oslo.messaging %s', (generation) => {
  const broker = useBroker();

  it('a server declares, binds, consumes, acknowledges and answers the same', async () => {
    const theirs = traceOf('server', generation);
    const { topic, url } = broker.setting;
    const name = `${topic}-${generation}`;
    await using recorder = await recordFrames(url);
    await using transport = createTransport(recorder.url, { env: false });
    const endpoints = [{ methods: { nothing: () => null } }];
    // Beyond oslo, on purpose, are two bindings by which a server hears of calls that were given up.
    const options = { cancelRemote: false };
    await using server = createRpcServer(transport, { topic: name, server: 's1' }, endpoints, options);
    await server.start();
    await using ownTransport = createTransport(url, { env: false });
    await using client = createRpcClient(ownTransport, { topic: name }, { timeoutMs: 10_000 });
    await client.call('nothing');
    // The confirm of the reply may come after the reply.
    await expect.poll(() => recorder.frames.filter(isAck('broker'))).toHaveLength(1);

    const ours = recorder.frames;
    for (const method of ['exchange.declare', 'queue.declare', 'queue.bind', 'basic.consume', 'basic.publish']) {
      expect(unique(done(ours, name, [method]))).toEqual(unique(done(theirs, 'interop', [method])));
    }
    // For each queue: there, bound, consumed.
    for (const suffix of ['TOPIC', 'TOPIC.s1', 'TOPIC_fanout_ID']) {
      const steps = (frames: Trace['frames'], topicName: string) =>
        done(frames, topicName, ['queue.declare', 'queue.bind', 'basic.consume'])
          .filter(([, args]) => (args as { queue?: string }).queue === suffix)
          .map(([method]) => method);
      expect(steps(ours, name)).toEqual(['queue.declare', 'queue.bind', 'basic.consume']);
      expect(steps(theirs, 'interop')).toEqual(steps(ours, name));
    }
    // The reply goes out on the other connection, in confirm mode, after the request was acknowledged.
    for (const frames of [ours, theirs]) {
      const at = (method: string) => frames.findIndex((frame) => frame.method === method && frame.from === 'client');
      expect(at('basic.ack')).toBeGreaterThan(frames.findIndex(({ method }) => method === 'basic.deliver'));
      expect(at('basic.publish')).toBeGreaterThan(at('basic.ack'));
      expect(at('basic.publish')).toBeGreaterThan(at('confirm.select'));
      expect(frames[at('basic.publish')]?.connection).not.toBe(frames[at('basic.ack')]?.connection);
      expect(frames[at('basic.publish')]?.connection).toBe(frames[at('confirm.select')]?.connection);
      expect(frames.at(-1)).toMatchObject({ from: 'broker', method: 'basic.ack' });
    }

    // What differs.
    const channels = ours.filter(({ method }) => method === 'basic.consume').map(({ channel }) => channel);
    expect(new Set(channels).size).toBe(3);
    const count = (frames: Trace['frames'], method: string) => frames.filter((each) => each.method === method).length;
    expect([count(ours, 'basic.qos'), count(theirs, 'basic.qos')]).toEqual([3, 0]);
    expect(tagsOf(theirs)).toEqual(['1', '2', '3']);
    expect(tagsOf(ours)).toEqual(['', '', '']);
  });

  it('a client has its reply queue before it publishes, and acknowledges the reply', async () => {
    const theirs = traceOf('client', generation);
    const { topic, url } = broker.setting;
    const name = `${topic}-client-${generation}`;
    await using ownTransport = createTransport(url, { env: false });
    await using server = createRpcServer(ownTransport, { topic: name, server: 's1' }, [
      { methods: { nothing: () => null } },
    ]);
    await server.start();
    await using recorder = await recordFrames(url);
    await using transport = createTransport(recorder.url, { env: false });
    const client = createRpcClient(transport, { topic: name }, { timeoutMs: 10_000 });
    await client.call('nothing');
    await expect.poll(() => recorder.frames.filter(isAck('client'))).toHaveLength(1);

    const ours = recorder.frames;
    for (const method of ['exchange.declare', 'queue.declare', 'queue.bind', 'basic.consume', 'basic.publish']) {
      expect(unique(done(ours, name, [method]))).toEqual(unique(done(theirs, 'interop', [method])));
    }
    const order = ['queue.declare', 'basic.consume', 'exchange.declare', 'basic.publish'];
    for (const frames of [ours, theirs]) {
      const steps = frames.filter(({ method, from }) => from === 'client' && order.includes(method));
      expect(steps.map(({ method }) => method).filter((method) => method !== 'exchange.declare')).toEqual(
        order.filter((method) => method !== 'exchange.declare'),
      );
      expect(steps.at(-1)?.method).toBe('basic.publish');
      // The reply queue lives on the one connection, requests go out on the other.
      expect(new Set(frames.map(({ connection }) => connection)).size).toBe(2);
      expect(frames.filter(isAck('broker'))).toHaveLength(1);
      expect(frames.filter(isAck('client'))).toHaveLength(1);
    }
    await client.close();
  });
});

function tagsOf(frames: Trace['frames']): unknown[] {
  return frames.filter(({ method }) => method === 'basic.consume').map(({ args }) => args['consumer_tag']);
}

function isAck(side: RecordedFrame['from']) {
  return ({ method, from }: { method: string; from: string }) => method === 'basic.ack' && from === side;
}
