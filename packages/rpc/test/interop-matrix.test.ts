import {
  type OsloClient,
  type OsloNotifier,
  type OsloServer,
  type Peer,
  startOsloClient,
  startOsloNotifier,
  startOsloServer,
  startPeer,
} from '@leveret/tooling-oslo';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRpcClient, createRpcServer, type RpcClient, type RpcServer, type RpcServerEvent } from '../src/index.js';
import { createNotificationListener, createNotifier, type NotificationListener } from '../src/notify.js';
import { AWKWARD_TEXT, useBroker } from './helpers.js';
import { type InteropCaller, type Outcome, pythonCaller, typescriptCaller } from './interop-callers.js';
import { interopService } from './interop-service.js';

const languages = ['TypeScript', 'Python'] as const;
type Language = (typeof languages)[number];
const pairs = languages.flatMap((client) => languages.map((server) => ({ client, server })));
// The servers of each topic.
const names = ['s1', 's2'];

const values: readonly [string, unknown][] = [
  ['null', null],
  ['false', false],
  ['zero', 0],
  ['a fraction', 11.01],
  ['an empty string', ''],
  ['an empty list', []],
  ['an empty object', {}],
  ['nested values', [1, 'a', null, { b: [true, 0.5] }]],
  ['awkward text', AWKWARD_TEXT],
  ['awkward keys', { [AWKWARD_TEXT]: { '': 1 } }],
  ['a megabyte', `"\\ü${AWKWARD_TEXT}`.repeat(20_000)],
];

const broker = useBroker();
const events: RpcServerEvent[] = [];
let ours: readonly RpcServer[] = [];
let theirs: OsloServer;
let ourClient: RpcClient;
let theirClient: OsloClient;

beforeAll(async () => {
  const { url, transport } = broker.setting;
  ours = names.map((server) =>
    createRpcServer(transport, { topic: topicOf('TypeScript'), server }, interopService(server), {
      ping: true,
      onEvent: (event) => void events.push(event),
    }),
  );
  ourClient = createRpcClient(transport, { topic: topicOf('Python') }, { timeoutMs: 10_000 });
  const [first = '', second = ''] = names;
  const args = ['--beside', second, '--ping'];
  [theirs, theirClient] = await Promise.all([
    startOsloServer({ url, topic: topicOf('Python'), server: first, args }),
    startOsloClient({ url, topic: topicOf('Python') }),
    ...ours.map((server) => server.start()),
  ]);
});
afterAll(async () => {
  await Promise.all([theirs?.kill(), theirClient?.kill(), ...ours.map((server) => server.stop({ drainMs: 0 }))]);
  await ourClient?.close();
});

function topicOf(server: Language): string {
  return `${broker.setting.topic}-${server}`;
}

function callerOf(client: Language): InteropCaller {
  return client === 'TypeScript' ? typescriptCaller(ourClient) : pythonCaller(theirClient);
}

/** Whether whoever watches the server hears of a failure with this text as of one that nobody expected. */
function isAlarmed(server: Language, message: string): boolean {
  if (server === 'Python') return theirs.log().includes(`ValueError: ${message}`);
  return events.some(
    (event) =>
      event.type === 'request-failed' &&
      !event.expected &&
      event.error instanceof Error &&
      event.error.message === message,
  );
}

function failed(type: string, message: unknown = expect.any(String)): Outcome {
  return expect.objectContaining({ ok: false, error: expect.objectContaining({ type, message }) });
}

describe.each(pairs)('$client client, $server server', ({ client, server }) => {
  const call: (method: string, ...rest: Rest) => Promise<Outcome> = (method, ...rest) =>
    callerOf(client).call(topicOf(server), method, ...rest);
  const counts = () =>
    Promise.all(
      names.map(async (name) => {
        const outcome = await call('get_count', {}, { server: name });
        return outcome.ok ? outcome.result : outcome;
      }),
    ) as Promise<number[]>;

  it.each(values)('call: %s comes back as it is', async (_name, value) => {
    expect(await call('echo', { value })).toEqual({ ok: true, result: value });
  });

  it('call: a method that returns nothing answers null', async () => {
    expect(await call('nothing')).toEqual({ ok: true, result: null });
  });

  it('call: one server of the topic, by its name', async () => {
    for (const name of names) {
      expect(await call('whoami', {}, { server: name })).toMatchObject({ ok: true, result: { server: name } });
    }
  });

  it('call: by namespace, legacy namespace and version', async () => {
    const mul = { a: 2, b: 3 };
    expect(await call('mul', mul, { namespace: 'calc', version: '2.1' })).toEqual({ ok: true, result: 6 });
    expect(await call('mul', mul, { namespace: 'calc', version: '1.3' })).toEqual({ ok: true, result: 'old:6' });
    expect(await call('where', {}, { namespace: 'oldcalc', version: '2.0' })).toEqual({ ok: true, result: 'calc 2.3' });
  });

  it('call: the context is told along', async () => {
    const context = { user: 'bob', roles: ['a'], deep: { x: [1] }, n: null, text: AWKWARD_TEXT };
    expect(await call('context_echo', { x: 1 }, { context })).toEqual({
      ok: true,
      result: { ctxt: { ...context, client_timeout: null }, kwargs: { x: 1 } },
    });
  });

  it('call: thirty at a time, each gets its own answer', async () => {
    const numbers = Array.from({ length: 30 }, (_, value) => value);
    const outcomes = await Promise.all(numbers.map((value) => call('echo', { value })));
    expect(outcomes).toEqual(numbers.map((result) => ({ ok: true, result })));
  });

  it('call: times out, and ignores the reply that comes then', async () => {
    expect(await call('slow', { seconds: 1.5 }, { timeoutMs: 1_000 })).toEqual(failed('MessagingTimeout'));
    expect(await call('echo', { value: 1 })).toEqual({ ok: true, result: 1 });
  });

  it('call: says at once that nobody is there, when asked to', async () => {
    const mandatory = { mandatory: true };
    expect(await call('echo', { value: 1 }, { server: 's1', ...mandatory })).toEqual({ ok: true, result: 1 });
    expect(await call('echo', {}, { server: 'nobody', ...mandatory })).toEqual(failed('MessageUndeliverable'));
  });

  it('cast: any server of the topic, or one by its name, takes it once', async () => {
    const caller = callerOf(client);
    const [any = 0, named = 0] = await counts();
    expect(await caller.cast(topicOf(server), 'count', { by: 100 })).toMatchObject({ ok: true });
    await caller.cast(topicOf(server), 'count', { by: 1 }, { server: 's2' });
    const sum = async () => (await counts()).reduce((total, each) => total + each, 0);
    await expect.poll(sum, { timeout: 10_000, interval: 20 }).toBe(any + named + 101);
    expect((await counts())[1]).toBeOneOf([named + 1, named + 101]);
  });

  it('fanout: every server takes it', async () => {
    const before = await counts();
    await callerOf(client).fanout(topicOf(server), 'count', { by: 7 });
    await expect.poll(counts, { timeout: 10_000, interval: 20 }).toEqual(before.map((each) => each + 7));
  });

  it('failure: class, message and traceback of what the method raised', async () => {
    const message = `${AWKWARD_TEXT} of ${client}`;
    const outcome = await call('fail', { message });
    expect(outcome).toEqual(failed('ValueError', message));
    const file = server === 'Python' ? /File ".*server\.py", line \d+, in fail\n/u : /interop-service\.ts/u;
    expect(!outcome.ok && outcome.error.traceback).toMatch(/^\n?Traceback \(most recent call last\):\n/u);
    expect(!outcome.ok && outcome.error.traceback).toMatch(file);
    expect(await call('fail_key', { key: 'k' })).toEqual(failed('KeyError', expect.stringContaining('k')));
    expect(await call('fail_custom', { reason: 'r' })).toEqual(failed('CustomError', 'custom failure: r'));
    const plain = `boom for ${client}`;
    await call('fail', { message: plain });
    expect(isAlarmed(server, plain)).toBe(true);
  });

  it('failure: a method that is missing, hidden, or of another version', async () => {
    for (const method of ['nope', '_private']) {
      expect(await call(method)).toEqual(failed('NoSuchMethod', `Endpoint does not support RPC method ${method}`));
    }
    const message = 'Endpoint does not support RPC version 9.9. Attempted method: echo';
    expect(await call('echo', {}, { version: '9.9' })).toEqual(failed('UnsupportedVersion', message));
    expect(await call('echo', {}, { namespace: 'nowhere' })).toEqual(failed('UnsupportedVersion'));
  });

  it('expected failure: the caller gets it as any other, and nobody is alarmed', async () => {
    const message = `expected by ${client}`;
    expect(await call('fail_expected', { message })).toEqual(failed('ValueError', message));
    expect(isAlarmed(server, message)).toBe(false);
  });

  it('ping: pong', async () => {
    for (const name of names) {
      expect(await call('oslo_rpc_server_ping', {}, { server: name })).toEqual({ ok: true, result: 'pong' });
    }
  });
});

// Each takes its seconds: all of them at a time.
describe.concurrent.each(pairs)('$client client, $server server', ({ client, server }) => {
  it('monitor: a long call is followed by its heartbeats', async () => {
    const options = { callMonitorTimeoutMs: 2_000, timeoutMs: 20_000 };
    const outcome = await callerOf(client).call(topicOf(server), 'slow', { seconds: 3.2 }, options);
    expect(outcome).toEqual({ ok: true, result: { slept: 3.2 } });
  });

  it('monitor: a long call ends at its timeout although its server beats', async () => {
    const options = { callMonitorTimeoutMs: 2_000, timeoutMs: 3_000 };
    const outcome = await callerOf(client).call(topicOf(server), 'slow', { seconds: 4 }, options);
    expect(outcome).toEqual(failed('MessagingTimeout'));
  });
});

/** A notification as its listener gets it. */
interface Heard {
  readonly priority: unknown;
  readonly publisherId: unknown;
  readonly eventType: unknown;
  readonly payload: unknown;
}

describe('notify', () => {
  const heardByOurs: Heard[] = [];
  let ourListener: NotificationListener;
  let theirListener: Peer;
  let theirNotifier: OsloNotifier;
  const topic = (server: Language) => `${topicOf(server)}-notes`;

  beforeAll(async () => {
    const { url, transport } = broker.setting;
    const hear = ({ priority, publisherId, eventType, payload }: Heard) => {
      heardByOurs.push({ priority, publisherId, eventType, payload });
    };
    const endpoint = { methods: { info: hear, error: hear } };
    ourListener = createNotificationListener(transport, [{ topic: topic('TypeScript') }], [endpoint]);
    [theirListener, theirNotifier] = await Promise.all([
      startPeer('notify', { url, topic: topic('Python'), args: ['listen'] }),
      startOsloNotifier({ url, topic: 'unused' }),
      ourListener.start(),
    ]);
  });
  afterAll(async () => {
    await Promise.all([theirListener?.kill(), theirNotifier?.kill(), ourListener?.stop({ drainMs: 0 })]);
  });

  async function notify(client: Language, server: Language, priority: 'info' | 'error', payload: unknown) {
    const facts = { topics: [topic(server)], publisherId: `notes.${client}` };
    if (client === 'TypeScript') {
      await createNotifier(broker.setting.transport, facts)[priority]('volume.resized', payload);
      return;
    }
    const { topics, publisherId: publisher_id } = facts;
    await theirNotifier.notify({ priority, event_type: 'volume.resized', payload, publisher_id, topics });
  }

  function heardBy(server: Language, client: Language): readonly Heard[] {
    const theirs = theirListener
      .lines()
      .map(({ priority, publisher_id: publisherId, event_type: eventType, payload }) => ({
        priority,
        publisherId,
        eventType,
        payload,
      }));
    const heard = server === 'TypeScript' ? heardByOurs : theirs;
    return heard.filter(({ publisherId }) => publisherId === `notes.${client}`);
  }

  it.each(pairs)(
    '$client client, $server server: by priority, with publisher, event type and payload',
    async (pair) => {
      const { client, server } = pair;
      const payload = { text: AWKWARD_TEXT, nested: [1, null, { b: true }] };
      await notify(client, server, 'info', payload);
      await notify(client, server, 'error', null);
      const facts = { publisherId: `notes.${client}`, eventType: 'volume.resized' };
      // Each priority is a queue of its own, and their order is nobody's.
      await expect
        .poll(() => heardBy(server, client).toSorted((a, b) => String(a.priority).localeCompare(String(b.priority))), {
          timeout: 15_000,
          interval: 20,
        })
        .toEqual([
          { ...facts, priority: 'error', payload: null },
          { ...facts, priority: 'info', payload },
        ]);
    },
  );
});

it('our servers took every message that came for a request', () => {
  expect(events.filter(({ type }) => type === 'request-malformed' || type === 'reply-dropped')).toEqual([]);
});

type Rest = Parameters<InteropCaller['call']> extends [string, string, ...infer More] ? More : never;
