import { describe, expect, it } from 'vitest';
import { decodeEnvelope } from './envelope.js';
import { NoSuchMethodError, RemoteError, UnsupportedVersionError } from './remote-errors.js';
import { createRpcServer } from './server.js';
import { request, setUpClient } from './testing/client-setup.js';
import { FakeTransport } from './testing/fake-transport.js';
import { loadVectors } from './testing/fixtures.js';

interface MessageCase {
  readonly id: string;
  readonly kind?: string;
  readonly request: { readonly body_utf8: string };
  readonly replies: readonly { readonly body_utf8?: string }[];
  readonly client_result: { readonly ok: boolean; readonly result?: unknown };
}

interface Failure {
  readonly class: string;
  readonly module: string;
  readonly message: string;
  readonly tb: readonly string[];
}

describe.each(['14.0.3', 'master'])('what oslo.messaging %s sends', (generation) => {
  const vectors = loadVectors<MessageCase>(`messages-${generation}`);
  // The body of call-big-reply was cut when it was recorded.
  const answered = vectors.filter(({ id, replies }) => replies.length > 0 && id !== 'call-big-reply');
  it('has answers', () => expect(answered.length).toBeGreaterThan(25));

  it.each(vectors)('as a request is understood by our server: $id', async ({ request: { body_utf8: body } }) => {
    const message = decodeEnvelope(body);
    const seen: unknown[] = [];
    const see = (args: unknown, { method, namespace, version, context, kind, clientTimeoutMs }: SeenCall) => {
      seen.push({ args, method, namespace, version, context, kind, clientTimeoutMs });
    };
    const method = String(message['method']);
    const { namespace = null, version = '1.0' } = message as { namespace?: string | null; version?: string };
    const transport = new FakeTransport();
    const endpoint = { target: { namespace, version }, methods: { [method]: see } };
    const server = createRpcServer(transport, { topic: 't', server: 's' }, [endpoint], { accessPolicy: 'legacy' });
    await server.start();
    transport.inject('t', body);
    await new Promise(setImmediate);
    await server.stop();
    const context = Object.entries(message).flatMap(([key, value]) =>
      key.startsWith('_context_') ? [[key.slice('_context_'.length), value]] : [],
    );
    const seconds = (message['_timeout'] ?? null) as number | null;
    expect(seen).toEqual([
      {
        args: message['args'],
        method,
        namespace,
        version,
        context: { ...Object.fromEntries(context), client_timeout: seconds },
        kind: '_msg_id' in message ? 'call' : 'cast',
        clientTimeoutMs: seconds === null ? null : seconds * 1000,
      },
    ]);
  });

  it.each(answered)('as a reply is understood by our client: $id', async ({ replies, client_result }) => {
    const bodies = replies.flatMap(({ body_utf8: body }) => (body === undefined ? [] : [body]));
    const last = decodeEnvelope(bodies.at(-1) ?? '');
    const { transport, client, events } = setUpClient();
    const outcome = client.call('m', {}, { callMonitorTimeoutMs: 2_000 }).then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    );
    await new Promise(setImmediate);
    const { _msg_id: messageId, _reply_q: queue } = request(transport);
    for (const body of bodies) {
      transport.inject(String(queue), body.replaceAll(String(last['_msg_id']), String(messageId)));
    }
    const ended = await outcome;
    await client.close();
    expect(events).toEqual([]);
    if (typeof last['failure'] !== 'string') {
      expect(ended).toEqual({ result: last['result'] });
      expect(client_result.ok).toBe(true);
      return;
    }
    expect(client_result.ok).toBe(false);
    const { class: remoteType, module: remoteModule, message, tb } = JSON.parse(last['failure']) as Failure;
    const { error } = ended as { error: unknown };
    expect(error).toMatchObject({ remoteType, remoteModule, remoteTraceback: tb });
    expect((error as RemoteError).message).toContain(message);
    const kinds = { NoSuchMethod: NoSuchMethodError, UnsupportedVersion: UnsupportedVersionError };
    expect(error).toBeInstanceOf(kinds[remoteType as keyof typeof kinds] ?? RemoteError);
  });
});

interface SeenCall {
  readonly method: string;
  readonly namespace: string | null;
  readonly version: string | null;
  readonly context: unknown;
  readonly kind: string;
  readonly clientTimeoutMs: number | null;
}
