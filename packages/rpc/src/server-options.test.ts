import { expect, it } from 'vitest';
import { createRpcServer } from './index.js';
import { FakeTransport } from './testing/fake-transport.js';
import { setUpServer, TARGET } from './testing/server-setup.js';

it.each<[string, () => unknown, string]>([
  [
    'no topic',
    () => createRpcServer(new FakeTransport(), { server: 's' }, []),
    'A server needs a target with a topic.',
  ],
  [
    'no server',
    () => createRpcServer(new FakeTransport(), { topic: 't' }, []),
    'A server needs a target with a server',
  ],
  ['no endpoint', () => createRpcServer(new FakeTransport(), TARGET, []), 'A server needs at least one endpoint.'],
  [
    'no list',
    () => createRpcServer(new FakeTransport(), TARGET, {} as never),
    'The endpoints of a server must be a list.',
  ],
  [
    'no concurrency',
    () => setUpServer({ m: () => 1 }, { concurrency: 0 }),
    'concurrency must be a number from 1 to 65535, got 0.',
  ],
  [
    'an odd acknowledge',
    () => setUpServer({ m: () => 1 }, { acknowledge: 'late' as never }),
    "acknowledge must be 'before' or 'after', or say so for methods by name: { resize: 'after' }.",
  ],
  [
    'an odd acknowledge of a method',
    () => setUpServer({ m: () => 1 }, { acknowledge: { m: 'late' as never } }),
    "acknowledge.m must be 'before' or 'after'.",
  ],
  [
    'an acknowledge of a method that it lacks',
    () => setUpServer({ m: () => 1 }, { acknowledge: { toString: 'after' } as never }),
    "acknowledge names 'toString', and no endpoint has a method of that name.",
  ],
  [
    'dead letters to nowhere',
    () => setUpServer({ m: () => 1 }, { deadLetter: 'morgue' as never }),
    'deadLetter must be a destination: { exchange, routingKey }, or { routingKey } of a queue.',
  ],
  [
    'an odd store',
    () => setUpServer({ m: () => 1 }, { idempotency: new Map() as never }),
    'idempotency must be a store with get and put.',
  ],
  ['an odd policy', () => setUpServer({ m: () => 1 }, { accessPolicy: 'all' as never }), 'accessPolicy must be'],
  [
    'an unknown option',
    () => setUpServer({ m: () => 1 }, { threads: 1 } as never),
    "There is no option 'threads' of a server",
  ],
])('a server with %s is refused', (_name, create, message) => {
  expect(create).toThrow(message);
});
