import { describe, expect, it } from 'vitest';
import { createRpcClient, createRpcServer, expectedErrors, type Overrides, type Target } from './index.js';
import { answer, request, setUpClient } from './testing/client-setup.js';
import { FakeTransport } from './testing/fake-transport.js';
import { body, setUpServer } from './testing/server-setup.js';

/** Where a cast went, and what of its target was told. */
async function castBy(target: Target, prepared: readonly Overrides[], perCall: Overrides = {}) {
  const transport = new FakeTransport();
  const client = createRpcClient(transport, target);
  const caller = prepared.reduce<Pick<typeof client, 'cast' | 'prepare'>>((each, next) => each.prepare(next), client);
  await caller.cast('m', {}, perCall);
  const { exchange, routingKey } = transport.published[0] ?? {};
  const { namespace, version } = request(transport);
  return { exchange, routingKey, namespace, version };
}

const NOTHING = { exchange: 'openstack', routingKey: 't', namespace: undefined, version: undefined };

describe('the target of a cast', () => {
  const fields: readonly [keyof Target, string | boolean, string | boolean, object, object][] = [
    ['exchange', 'x', 'y', { exchange: 'x' }, { exchange: 'y' }],
    ['topic', 'a', 'b', { routingKey: 'a' }, { routingKey: 'b' }],
    ['server', 's', 'u', { routingKey: 't.s' }, { routingKey: 't.u' }],
    ['namespace', 'n', '', { namespace: 'n' }, { namespace: '' }],
    ['version', '1.0', '2.1', { version: '1.0' }, { version: '2.1' }],
    ['fanout', true, false, { exchange: 't_fanout', routingKey: '' }, {}],
  ];
  const none = (field: keyof Target) => (field === 'topic' ? undefined : NOTHING);

  it.each(fields)(
    'takes its %s from the client, from prepare, from a second prepare, or from the cast',
    async (...row) => {
      const [field, first, second, withFirst, withSecond] = row;
      const base = { topic: 't' };
      const expected = { first: { ...NOTHING, ...withFirst }, second: { ...NOTHING, ...withSecond } };
      expect(await castBy({ ...base, [field]: first }, [])).toEqual(expected.first);
      expect(await castBy(base, [{ [field]: first }])).toEqual(expected.first);
      expect(await castBy(base, [], { [field]: first })).toEqual(expected.first);
      // Not given keeps what is there; given replaces it; null clears it.
      expect(await castBy({ ...base, [field]: first }, [{ [field]: undefined }], { [field]: undefined })).toEqual(
        expected.first,
      );
      expect(await castBy({ ...base, [field]: first }, [{ [field]: second }])).toEqual(expected.second);
      expect(await castBy(base, [{ [field]: first }, { [field]: second }])).toEqual(expected.second);
      expect(await castBy(base, [{ [field]: first }, {}])).toEqual(expected.first);
      expect(await castBy(base, [{ [field]: first }], { [field]: second })).toEqual(expected.second);
      const cleared = () => castBy({ ...base, [field]: first }, [{ [field]: null }]);
      if (none(field) === undefined) {
        await expect(cleared()).rejects.toMatchObject({
          code: 'ERR_LEVERET_INVALID_TARGET',
          message: 'A topic is required to send.',
        });
      } else expect(await cleared()).toEqual(none(field));
    },
  );

  it('prefers fanout to a server, and a server to any', async () => {
    expect(await castBy({ topic: 't', server: 's', fanout: true }, [])).toMatchObject({ exchange: 't_fanout' });
    expect(await castBy({ topic: 't', server: 's', fanout: true }, [{ fanout: null }])).toMatchObject({
      routingKey: 't.s',
    });
  });
});

describe('a target that cannot be used', () => {
  it('is one without a topic, or with fanout for a call; nothing is sent', async () => {
    const { transport, client } = setUpClient();
    const invalid = (message: string) => ({ code: 'ERR_LEVERET_INVALID_TARGET', message });
    await expect(client.call('m', {}, { fanout: true })).rejects.toMatchObject(
      invalid('A call cannot be used with fanout: only a cast can reach every server.'),
    );
    await expect(client.prepare({ fanout: true }).call('m')).rejects.toMatchObject({ target: { fanout: true } });
    await expect(client.prepare({ topic: null }).call('m')).rejects.toMatchObject(
      invalid('A topic is required to send.'),
    );
    expect(transport.published).toEqual([]);
    await client.prepare({ fanout: true }).cast('m');
    expect(transport.published).toHaveLength(1);
  });

  it('is refused by prepare when its version is none, before anything is sent', () => {
    const { client } = setUpClient();
    for (const version of ['5', '5.a', '5.5.a', 'x.1', '']) {
      const refused = version === '' ? 'must be a non-empty string' : 'major.minor';
      expect(() => client.prepare({ version })).toThrow(refused);
    }
    expect(client.prepare({ version: '5.5.1' }).canSendVersion()).toBe(true);
  });

  it('of a server lacks topic or server', () => {
    const serve = (target: Target) => () => createRpcServer(new FakeTransport(), target, [{ methods: { m: () => 1 } }]);
    expect(serve({ server: 's' })).toThrow('A server needs a target with a topic.');
    expect(serve({ topic: 't' })).toThrow('A server needs a target with a server');
    expect(serve({ topic: '', server: 's' })).toThrow("The target's topic must be a non-empty string or null.");
  });
});

describe('settings', () => {
  it.each<[keyof Overrides, unknown, unknown, (transport: FakeTransport) => unknown, unknown, unknown, unknown]>([
    ['retry', 3, 0, ({ published }) => published[0]?.options.retry, 3, 0, null],
    ['mandatory', true, false, ({ published }) => published[0]?.options.mandatory, true, false, false],
    ['timeoutMs', 1_000, 2_000, ({ published }) => published[0]?.options.timeoutMs, 1_000, 2_000, 60_000],
    ['context', { a: 1 }, { b: 2 }, (transport) => request(transport)['_context_a'], 1, undefined, undefined],
  ])('%s come from the client, prepare and the cast, the nearest first', async (...row) => {
    const [name, first, second, seen, ofFirst, ofSecond, ofNone] = row;
    const sent = async (client: object, prepared: Overrides, perCall: Overrides) => {
      const transport = new FakeTransport();
      await transport.consume(
        { queue: { name: 'q' }, bindings: [{ exchange: { name: 'openstack', type: 'topic' }, routingKey: 't' }] },
        () => {},
      );
      await createRpcClient(transport, { topic: 't' }, client).prepare(prepared).cast('m', {}, perCall);
      return seen(transport);
    };
    expect(await sent({ [name]: first }, {}, {})).toEqual(ofFirst);
    expect(await sent({}, { [name]: first }, {})).toEqual(ofFirst);
    expect(await sent({ [name]: first }, { [name]: second }, {})).toEqual(ofSecond);
    expect(await sent({ [name]: first }, { [name]: undefined }, { [name]: second })).toEqual(ofSecond);
    expect(await sent({ [name]: first }, { [name]: null }, {})).toEqual(ofNone);
    expect(await sent({}, {}, {})).toEqual(ofNone);
  });
});

it.each([
  ['timeout', 'timeoutMs'],
  ['call_monitor_timeout', 'callMonitorTimeoutMs'],
  ['version_cap', 'versionCap'],
  ['namepsace', 'namespace'],
])('an option called %s was probably meant to be %s', (typed, meant) => {
  const { client } = setUpClient();
  expect(() => client.prepare({ [typed]: 1 } as never)).toThrow(
    new RegExp(`^There is no option '${typed}' of prepare; there are .*\\. Did you mean '${meant}'\\?$`, 'u'),
  );
});

it('an option like no other is only refused', () => {
  expect(() => setUpServer({ m: () => 1 }, { at_least_once: true } as never)).toThrow(/; there are [^?]*\.$/u);
});

it('a reply in two messages, the result and then the end, is one result', async () => {
  for (const [first, second, expected] of [
    [{ result: 0 }, {}, 0],
    [{ result: { a: 1 } }, { result: null }, { a: 1 }],
    [{}, { result: [1] }, [1]],
  ] as const) {
    const { transport, client } = setUpClient();
    const outcome = client.call('m');
    await new Promise(setImmediate);
    answer(transport, { ...first, ending: false });
    answer(transport, { ...second, ending: true });
    expect(await outcome).toEqual(expected);
    await client.close();
  }
});

describe('what is expected', () => {
  async function expectedOf(method: Parameters<typeof setUpServer>[0][string], name = 'm') {
    const { transport, server, events } = setUpServer({ m: method });
    await server.start();
    transport.inject('t', body(name));
    await new Promise(setImmediate);
    await server.stop();
    return events.map((event) => event.type === 'request-failed' && event.expected);
  }
  const fail = (message: string) => () => {
    throw new RangeError(message);
  };

  it('can be said by a function', async () => {
    const isPublic = (error: unknown) => error instanceof Error && error.message.startsWith('public');
    expect(await expectedOf(expectedErrors(isPublic, fail('public: full')))).toEqual([true]);
    expect(await expectedOf(expectedErrors(isPublic, fail('secret')))).toEqual([false]);
  });

  it('are classes in a list', () => {
    for (const given of [RangeError, Error, 'RangeError', undefined]) {
      expect(() => expectedErrors(given as never, fail('x'))).toThrow('expectedErrors takes a list of classes');
    }
  });

  it('is that a method is missing whose name says that it does not matter', async () => {
    expect(await expectedOf(fail('x'), 'report_ignore_errors')).toEqual([true]);
    expect(await expectedOf(fail('x'), 'report')).toEqual([false]);
  });
});
