import { describe, expect, it } from 'vitest';
import { encodeFailure } from './failure.js';
import { createRpcClient, RemoteError, type RemoteErrorFacts, RpcFault } from './index.js';
import { answer, setUpClient } from './testing/client-setup.js';
import { FakeTransport } from './testing/fake-transport.js';
import { loadVectors } from './testing/fixtures.js';

class VolumeNotFound extends RemoteError {
  override readonly name = 'VolumeNotFound';

  get volumeId(): unknown {
    return this.kwargs['volume_id'];
  }
}

const NAME = 'cinder.exception.VolumeNotFound';
const FAULT = new RpcFault('VolumeNotFound', 'no volume v-7', {
  remoteModule: 'cinder.exception',
  kwargs: { volume_id: 'v-7' },
});

async function failWith(failure: string, remoteErrors: NonNullable<Parameters<typeof setUpClient>[0]>['remoteErrors']) {
  const { transport, client } = setUpClient({ remoteErrors: remoteErrors ?? {} });
  const outcome = client.call('m').catch((error: unknown) => error);
  await new Promise(setImmediate);
  answer(transport, { failure });
  const error = await outcome;
  await client.close();
  return error as RemoteError;
}

describe('a remote exception whose name is registered', () => {
  it('is an instance of its class, and a RemoteError with all that was told', async () => {
    const error = await failWith(encodeFailure(FAULT), { [NAME]: VolumeNotFound });
    expect(error).toBeInstanceOf(VolumeNotFound);
    expect(error).toBeInstanceOf(RemoteError);
    expect(error).toMatchObject({
      name: 'VolumeNotFound',
      code: 'ERR_LEVERET_REMOTE',
      volumeId: 'v-7',
      remoteType: 'VolumeNotFound',
      remoteModule: 'cinder.exception',
      remoteMessage: 'no volume v-7',
      args: ['no volume v-7'],
      kwargs: { volume_id: 'v-7' },
    });
    expect(error.remoteTraceback.at(-1)).toBe('cinder.exception.VolumeNotFound: no volume v-7\n');
  });

  it('is found by its module, too, with the suffix that Python’s clients add taken off', async () => {
    const remote = JSON.stringify({
      ...(JSON.parse(encodeFailure(FAULT)) as object),
      class: 'VolumeNotFound_Remote',
      module: 'cinder.exception_Remote',
    });
    expect(await failWith(remote, { [NAME]: VolumeNotFound })).toBeInstanceOf(VolumeNotFound);
    const other = await failWith(encodeFailure(FAULT), { 'nova.exception.VolumeNotFound': VolumeNotFound });
    expect(other.constructor).toBe(RemoteError);
  });

  it('may be one of Python’s own', async () => {
    class ValueFault extends RemoteError {}
    const error = await failWith(encodeFailure(new RangeError('r')), { 'builtins.ValueError': ValueFault });
    expect(error).toBeInstanceOf(ValueFault);
  });

  it('is handed on by a server that it reaches, under its own name and with its own traceback', async () => {
    const error = await failWith(encodeFailure(FAULT), { [NAME]: VolumeNotFound });
    expect(JSON.parse(encodeFailure(error))).toEqual(JSON.parse(encodeFailure(FAULT)));
  });

  it('is a RemoteError with a cause when its class cannot be made', async () => {
    class Broken extends RemoteError {
      constructor(facts: RemoteErrorFacts) {
        super(facts);
        throw new TypeError('not today');
      }
    }
    const error = await failWith(encodeFailure(FAULT), { [NAME]: Broken });
    expect(error.constructor).toBe(RemoteError);
    expect(error).toMatchObject({ remoteType: 'VolumeNotFound', cause: { message: 'not today' } });
  });
});

it.each<[string, unknown, string]>([
  [
    'a name without module',
    { VolumeNotFound },
    "'VolumeNotFound' in remoteErrors must be a Python class with its module",
  ],
  ['an empty class', { 'cinder.': VolumeNotFound }, "'cinder.' in remoteErrors must be"],
  [
    'another class',
    { [NAME]: TypeError },
    "remoteErrors['cinder.exception.VolumeNotFound'] must be a class that extends",
  ],
  ['no class', { [NAME]: () => {} }, 'must be a class that extends RemoteError'],
  ['a list', [], 'remoteErrors must be an object'],
])('%s is refused', (_name, remoteErrors, message) => {
  const create = () => createRpcClient(new FakeTransport(), { topic: 't' }, { remoteErrors: remoteErrors as never });
  expect(create).toThrow(
    expect.objectContaining({ code: 'ERR_LEVERET_INVALID_ARGUMENT', message: expect.stringContaining(message) }),
  );
});

describe('what oslo.messaging rebuilds from its allowed modules, a registry rebuilds', () => {
  interface Case {
    readonly id: string;
    readonly kind: string;
    readonly in: { readonly json_text: string; readonly allowed_remote_exmods: readonly string[] };
    readonly out: { readonly class?: string; readonly module?: string; readonly is_RemoteError?: boolean };
  }
  const rebuilt = loadVectors<Case>('failures', 'deserialize').filter(
    ({ out }) => out.is_RemoteError === false && out.module?.endsWith('_Remote'),
  );
  it('has cases', () => expect(rebuilt.length).toBeGreaterThan(3));

  it.each(rebuilt)('$id', async ({ in: { json_text: text, allowed_remote_exmods: modules }, out }) => {
    class Ours extends RemoteError {}
    const [module, type] = [out.module, out.class].map((name) => String(name).replace(/_Remote$/u, ''));
    expect(modules).toContain(module);
    // NoSuchMethod and UnsupportedVersion, too, when they are asked for.
    expect(await failWith(text, { [`${module}.${type}`]: Ours })).toBeInstanceOf(Ours);
  });
});
