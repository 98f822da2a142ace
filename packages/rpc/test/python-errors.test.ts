import { type OsloClient, type OsloServer, startOsloClient, startOsloServer } from '@leveret/tooling-oslo';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createRpcClient,
  createRpcServer,
  RemoteError,
  type RpcClient,
  RpcFault,
  type RpcServer,
} from '../src/index.js';
import { useBroker } from './helpers.js';

// Of tooling/oslo's peers; Python's clients can import it.
const MODULE = 'volume_errors';

class RemoteVolumeNotFound extends RemoteError {
  get volumeId(): unknown {
    return this.kwargs['volume_id'];
  }
}

class VolumeNotFound extends Error {
  readonly args: readonly unknown[] = [];
  readonly kwargs: object;

  constructor(id: string) {
    super(`no volume ${id}`);
    this.kwargs = { volume_id: id };
  }
}

describe('exceptions between the languages', () => {
  const broker = useBroker();
  let python: OsloServer;
  let pythonClient: OsloClient;
  let client: RpcClient;
  const servers: RpcServer[] = [];

  beforeAll(async () => {
    const { url, topic, transport } = broker.setting;
    client = createRpcClient(
      transport,
      { topic },
      { timeoutMs: 10_000, remoteErrors: { [`${MODULE}.VolumeNotFound`]: RemoteVolumeNotFound } },
    );
    const relay = client.prepare({ server: 'python' });
    const ours = createRpcServer(
      transport,
      { topic: `${topic}-ours`, server: 'ours' },
      [
        {
          methods: {
            named: ({ id }: { id: string }) => Promise.reject(new VolumeNotFound(id)),
            mapped: () => Promise.reject(new RangeError('r')),
            relayed: ({ id }: { id: string }) => relay.call('fail_shared', { volume_id: id }),
          },
        },
      ],
      {
        remoteErrors: { [`${MODULE}.VolumeNotFound`]: VolumeNotFound },
        mapError: (error) =>
          error instanceof RangeError ? new RpcFault('VolumeError', 'full', { remoteModule: MODULE }) : undefined,
      },
    );
    const further = client.prepare({ topic: `${topic}-ours` });
    const relays = createRpcServer(transport, { topic: `${topic}-relay`, server: 'relay' }, [
      { methods: { relayed: (args: Readonly<Record<string, unknown>>) => further.call('relayed', args) } },
    ]);
    servers.push(ours, relays);
    [python, pythonClient] = await Promise.all([
      startOsloServer({ url, topic, server: 'python' }),
      startOsloClient({ url, topic: `${topic}-ours` }),
      ...servers.map((server) => server.start()),
    ]);
  });
  afterAll(async () => {
    await Promise.all([python?.kill(), pythonClient?.kill(), ...servers.map((server) => server.stop({ drainMs: 0 }))]);
    await client?.close();
  });

  it('Python’s own is an instance of our class', async () => {
    const error = await client.call('fail_shared', { volume_id: 'v-7' }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RemoteVolumeNotFound);
    expect(error).toMatchObject({ volumeId: 'v-7', remoteMessage: 'no volume v-7', remoteModule: MODULE });
  });

  const caught = (kwargs: object) => ({
    ok: false,
    error: {
      class: 'VolumeNotFound_Remote',
      module: `${MODULE}_Remote`,
      mro: expect.arrayContaining(['VolumeNotFound_Remote', 'VolumeNotFound', 'VolumeError', 'Exception']),
      kwargs,
      str: expect.stringMatching(/^no volume v-7\nTraceback \(most recent call last\):\n/u),
    },
  });

  it('our class is an instance of Python’s, built from its keyword arguments', async () => {
    const request = { method: 'named', args: { id: 'v-7' }, exmods: [MODULE], timeout: 10 };
    expect(await pythonClient.request(request)).toMatchObject(caught({ volume_id: 'v-7' }));
  });

  it('our class is a RemoteError to a client that does not allow its module', async () => {
    expect(await pythonClient.request({ method: 'named', args: { id: 'v-7' }, timeout: 10 })).toMatchObject({
      error: { class: 'RemoteError', exc_type: 'VolumeNotFound', value: 'no volume v-7' },
    });
  });

  it('what mapError says is what Python catches', async () => {
    expect(await pythonClient.request({ method: 'mapped', exmods: [MODULE], timeout: 10 })).toMatchObject({
      error: { class: 'VolumeError_Remote', mro: expect.not.arrayContaining(['VolumeNotFound']) },
    });
  });

  it('Python’s own comes back to Python through one relay of ours, or two, with one suffix', async () => {
    const { topic } = broker.setting;
    for (const name of [`${topic}-ours`, `${topic}-relay`]) {
      const request = { method: 'relayed', topic: name, args: { id: 'v-7' }, exmods: [MODULE], timeout: 10 };
      const answer = await pythonClient.request(request);
      expect(answer).toMatchObject(caught({ volume_id: 'v-7' }));
      // The traceback is that of the first server.
      expect(answer).toMatchObject({ error: { str: expect.stringContaining('in fail_shared') } });
    }
  });
});
