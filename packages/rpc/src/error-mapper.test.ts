import { describe, expect, it } from 'vitest';
import { createRpcServer, RpcFault, type ServerOptions } from './index.js';
import { FakeTransport } from './testing/fake-transport.js';
import { body, replies, setUpServer } from './testing/server-setup.js';

class DomainError extends Error {}
class VolumeNotFound extends DomainError {
  readonly kwargs: object;

  constructor(id: string) {
    super(`no volume ${id}`);
    this.kwargs = { volume_id: id };
  }
}
class VolumeGone extends VolumeNotFound {}

async function failureOf(error: unknown, options: ServerOptions) {
  const { transport, server, events } = setUpServer({ m: () => Promise.reject(error) }, options);
  await server.start();
  transport.inject('t', body('m'));
  await new Promise(setImmediate);
  await server.stop();
  const [reply] = replies(transport);
  const failure = JSON.parse(String(reply?.['failure'])) as Record<string, unknown> & { tb: string[] };
  return { failure, events };
}

const remoteErrors = { 'cinder.exception.VolumeNotFound': VolumeNotFound, 'cinder.exception.Error': DomainError };

describe('a class that has a name in Python', () => {
  it('is sent under it, with its keyword arguments and the stack of what was thrown', async () => {
    const error = new VolumeNotFound('v-7');
    const { failure, events } = await failureOf(error, { remoteErrors });
    expect(failure).toMatchObject({
      class: 'VolumeNotFound',
      module: 'cinder.exception',
      message: 'no volume v-7',
      args: ['no volume v-7'],
      kwargs: { volume_id: 'v-7' },
    });
    expect(failure.tb.join('')).toMatch(/error-mapper\.test.*\ncinder\.exception\.VolumeNotFound: no volume v-7\n$/su);
    expect(events).toMatchObject([{ type: 'request-failed', error }]);
  });

  it('lends it to subclasses that have none', async () => {
    expect((await failureOf(new VolumeGone('v'), { remoteErrors })).failure).toMatchObject({ class: 'VolumeNotFound' });
    expect((await failureOf(new DomainError('d'), { remoteErrors })).failure).toMatchObject({ class: 'Error' });
    expect((await failureOf(new RangeError('r'), { remoteErrors })).failure).toMatchObject({ class: 'ValueError' });
    expect((await failureOf('text', { remoteErrors })).failure).toMatchObject({ class: 'Exception', message: 'text' });
  });

  it('may be any other that Python knows already', async () => {
    const names = { 'oslo_messaging.exceptions.MessagingTimeout': RangeError };
    expect((await failureOf(new RangeError('r'), { remoteErrors: names })).failure).toMatchObject({
      class: 'MessagingTimeout',
      module: 'oslo_messaging.exceptions',
    });
  });

  it('yields to what an error says of itself', async () => {
    const names = { 'a.B': RpcFault };
    expect((await failureOf(new RpcFault('KeyError', "'k'"), { remoteErrors: names })).failure).toMatchObject({
      class: 'KeyError',
    });
  });
});

describe('mapError', () => {
  const mapError = (error: unknown) =>
    error instanceof VolumeNotFound ? new RpcFault('KeyError', 'mapped', { args: ['k'] }) : undefined;

  it('says what the caller is told, before any name', async () => {
    const { failure } = await failureOf(new VolumeNotFound('v'), { remoteErrors, mapError });
    expect(failure).toMatchObject({ class: 'KeyError', module: 'builtins', message: 'mapped', args: ['k'] });
  });

  it('leaves to the names, and to the error, what it does not know', async () => {
    expect((await failureOf(new DomainError('d'), { remoteErrors, mapError })).failure).toMatchObject({
      class: 'Error',
    });
    expect((await failureOf(new TypeError('t'), { mapError })).failure).toMatchObject({ class: 'TypeError' });
  });

  it('tells what it throws instead, and the events the error that the method threw', async () => {
    const error = new DomainError('d');
    const { failure, events } = await failureOf(error, {
      mapError: () => {
        throw new RpcFault('LookupError', 'no mapping');
      },
    });
    expect(failure).toMatchObject({ class: 'LookupError', message: 'no mapping' });
    expect(events).toMatchObject([{ type: 'request-failed', error }]);
  });
});

it.each<[object, string]>([
  [{ mapError: 1 }, 'mapError must be a function of the error.'],
  [{ remoteErrors: { 'a.B': 1 } }, "remoteErrors['a.B'] must be a class."],
  [{ remoteErrors: { 'a.B': () => {} } }, "remoteErrors['a.B'] must be a class."],
  [{ remoteErrors: { B: Error } }, "'B' in remoteErrors must be a Python class with its module"],
])('%j is refused', (options, message) => {
  const target = { topic: 't', server: 's' };
  const create = () => createRpcServer(new FakeTransport(), target, [{ methods: { m: () => 1 } }], options);
  expect(create).toThrow(message);
});
