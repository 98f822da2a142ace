import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ChannelEvent, listenToChannel } from '../test/channel-events.js';
import { type ClientMiddleware, type ClientTrace, expectedErrors, type ServerTrace } from './index.js';
import { answer, request, setUpClient } from './testing/client-setup.js';
import { body, setUpServer } from './testing/server-setup.js';

const turn = () => new Promise(setImmediate);

const events = (heard: readonly ChannelEvent[]) => heard.map(([event]) => event);

describe('the channels of a client', () => {
  it('tell of a call from its start to its end, and hold neither arguments, context nor result', async () => {
    const { heard } = listenToChannel('leveret.rpc.client.call');
    const { transport, client } = setUpClient({ context: { token: 's3cret' } });
    const result = client.call('m', { password: 's3cret' }, { server: 's', namespace: 'n', version: '1.1' });
    await turn();
    expect(events(heard)).toEqual(['start', 'end']);
    answer(transport, { result: 's3cret' });
    expect(await result).toBe('s3cret');
    expect(events(heard)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
    const { _msg_id: messageId, _unique_id: uniqueId } = request(transport);
    const trace = {
      kind: 'call',
      method: 'm',
      exchange: null,
      topic: 't',
      server: 's',
      fanout: false,
      namespace: 'n',
      version: '1.1',
      messageId,
      uniqueId,
    } as ClientTrace;
    expect(heard[0]?.[1]).toEqual(trace);
    expect(heard[3]?.[1]).toEqual({ ...trace, result: undefined });
    expect(JSON.stringify(heard)).not.toContain('s3cret');
  });

  it('tell what a call failed with', async () => {
    const { heard } = listenToChannel('leveret.rpc.client.call');
    const { transport, client } = setUpClient();
    transport.onPublish = () => new Error('gone');
    const error = await client.call('m').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ERR_LEVERET_CLIENT_SEND' });
    expect(events(heard)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
    expect(heard[2]?.[1]['error']).toBe(error);
  });

  it('tell of a cast by their own name, and of nothing that was refused before it was one', async () => {
    const { heard: calls } = listenToChannel('leveret.rpc.client.call');
    const { heard: casts } = listenToChannel('leveret.rpc.client.cast');
    const { transport, client } = setUpClient();
    await client.cast('m', {}, { fanout: true });
    await expect(client.cast('')).rejects.toMatchObject({ code: 'ERR_LEVERET_INVALID_ARGUMENT' });
    expect([events(calls), events(casts)]).toEqual([[], ['start', 'end', 'asyncStart', 'asyncEnd']]);
    const uniqueId = request(transport)['_unique_id'];
    expect(casts[0]?.[1]).toMatchObject({ kind: 'cast', method: 'm', fanout: true, messageId: null, uniqueId });
  });

  it('carry a store to all that happens within the call', async () => {
    const storage = new AsyncLocalStorage<string>();
    const { start } = tracingChannel<string, ClientTrace>('leveret.rpc.client.cast');
    start.bindStore(storage, ({ method }) => `span of ${method}`);
    onTestFinished(() => {
      start.unbindStore(storage);
    });
    const seen: unknown[] = [];
    const see: ClientMiddleware = () => void seen.push(storage.getStore());
    const { client } = setUpClient({ middleware: [see] });
    await client.cast('m');
    expect([seen, storage.getStore()]).toEqual([['span of m'], undefined]);
  });
});

describe('the channel of a server', () => {
  const name = 'leveret.rpc.server.dispatch';

  it('tells of the run of a method from its start to its end', async () => {
    const { heard } = listenToChannel(name);
    const { transport, server } = setUpServer({ m: () => 's3cret' });
    await server.start();
    transport.inject('t', body('m', { password: 's3cret' }, { id: 'u-1' }));
    await turn();
    expect(events(heard)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
    const trace = {
      kind: 'call',
      method: 'm',
      exchange: null,
      topic: 't',
      server: 's',
      namespace: undefined,
      version: undefined,
      messageId: expect.stringMatching(/^M\d+$/u),
      uniqueId: 'u-1',
      redelivered: false,
    } as ServerTrace;
    expect(heard[0]?.[1]).toEqual(trace);
    expect(JSON.stringify(heard)).not.toContain('s3cret');
    await server.stop();
  });

  it('tells what a request failed with: what was thrown, expected or not, or that there was nothing to run', async () => {
    const { heard } = listenToChannel(name);
    const failure = new RangeError('no');
    const fail = (): never => {
      throw failure;
    };
    const { transport, server } = setUpServer({ fail, expected: expectedErrors([RangeError], fail) });
    await server.start();
    for (const method of ['fail', 'expected', 'nope']) {
      transport.inject('t', body(method, {}, { cast: true }));
      await turn();
    }
    const errors = heard.filter(([event]) => event === 'error').map(([, trace]) => trace['error']);
    expect(errors).toEqual([failure, failure, expect.objectContaining({ code: 'ERR_LEVERET_NO_SUCH_METHOD' })]);
    expect(heard.at(-1)?.[1]).toMatchObject({ kind: 'cast', method: 'nope', messageId: null });
    await server.stop();
  });
});

it('nothing is told to those who have stopped listening', async () => {
  const { heard, stop } = listenToChannel('leveret.rpc.client.cast');
  stop();
  const { client } = setUpClient();
  await client.cast('m');
  expect(heard).toEqual([]);
});
