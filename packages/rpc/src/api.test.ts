import { expectTypeOf, it } from 'vitest';
import { createRpcClient } from './index.js';
import { FakeTransport } from './testing/fake-transport.js';

interface Compute {
  resize(args: { id: string; size: number }): Promise<{ status: string }>;
  list(args: { host?: string }): readonly string[];
  find(args?: { name: string }): string | null;
  ping(): void;
  handled(args: { id: string }, request: { redelivered: boolean }): number;
}

const client = createRpcClient<Compute>(new FakeTransport(), { topic: 't' });

// Never run: these are for the compiler.
function calls() {
  return [
    // @ts-expect-error The arguments have required fields.
    client.call('resize'),
    // @ts-expect-error One of them is missing.
    client.call('resize', { id: 'v' }),
    // @ts-expect-error There is no such field.
    client.call('resize', { id: 'v', size: 1, force: true }),
    // @ts-expect-error There is no such method.
    client.call('shrink'),
    // @ts-expect-error A cast has the same arguments.
    client.cast('resize'),
    // @ts-expect-error It takes none.
    client.call('ping', { id: 'v' }),
    client.call('resize', { id: 'v', size: 1 }, { timeoutMs: 1_000 }),
    client.call('list'),
    client.call('list', { host: 'h' }),
    client.call('find'),
    client.call('find', { name: 'n' }),
    client.call('ping'),
    client.call('ping', {}, { timeoutMs: 1_000 }),
    client.call('handled', { id: 'v' }),
    // @ts-expect-error prepare() knows them, too.
    client.prepare({ server: 's' }).call('resize'),
    client.prepare({ server: 's' }).prepare({ version: '1.1' }).cast('resize', { id: 'v', size: 1 }),
    createRpcClient(new FakeTransport(), { topic: 't' }).call('anything'),
    createRpcClient(new FakeTransport(), { topic: 't' }).call('anything', { goes: 1 }),
  ];
}

it('gives a client of an interface its arguments and results', () => {
  expectTypeOf(calls).returns.items.toEqualTypeOf<Promise<unknown>>();
  expectTypeOf(client.call<'resize'>).returns.resolves.toEqualTypeOf<{ status: string }>();
  expectTypeOf(client.call<'list'>).returns.resolves.toEqualTypeOf<readonly string[]>();
  expectTypeOf(client.call<'find'>).returns.resolves.toEqualTypeOf<string | null>();
  expectTypeOf(client.call<'handled'>).returns.resolves.toEqualTypeOf<number>();
  expectTypeOf(client.cast<'handled'>).returns.resolves.toEqualTypeOf<void>();
  expectTypeOf(client.prepare({ server: 's' }).call<'resize'>).returns.resolves.toEqualTypeOf<{ status: string }>();
});
