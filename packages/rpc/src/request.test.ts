import { describe, expect, it } from 'vitest';
import { decodeEnvelope, joined } from './envelope.js';
import { encodeRequest, parseContext, parseInvocation, parseRequest } from './request.js';
import { loadVectors, type Vector } from './testing/fixtures.js';

describe('the context, as oslo.messaging packs and unpacks it', () => {
  type In = { context: Record<string, unknown>; message: { method?: string } };
  type Out = {
    packed: Record<string, unknown>;
    wire_example: Record<string, unknown>;
    unpacked_context: Record<string, unknown>;
  };
  const vectors = loadVectors<Vector<In, Out>>('context');
  it('has all its cases', () => expect(vectors).toHaveLength(4));

  it.each(vectors)('$id', ({ in: { context, message }, out }) => {
    const body = joined(
      encodeRequest({
        method: message.method ?? 'm',
        args: {},
        namespace: null,
        version: null,
        context,
        uniqueId: 'U',
      }),
    );
    const sent = decodeEnvelope(body);
    const flat = Object.fromEntries(Object.entries(out.packed).filter(([key]) => key !== 'method'));
    expect(Object.fromEntries(Object.entries(sent).filter(([key]) => key.startsWith('_context_')))).toEqual(flat);
    expect(parseContext(out.wire_example)).toEqual(out.unpacked_context);
    expect(parseRequest(out.wire_example, { headers: {}, exchange: 'openstack', routingKey: 't' })).toMatchObject({
      uniqueId: 'U',
      reply: { messageId: 'ID', queue: 'RQ' },
      monitorTimeout: null,
    });
  });
});

describe('a context that arrives', () => {
  it('has the server’s client_timeout, and not what would shadow it or the reply address', () => {
    const message = {
      _context_client_timeout: 9,
      _context_msg_id: 'x',
      _context_reply_q: 'y',
      _context_user: 'bob',
      _timeout: 5,
    };
    expect(parseContext(message)).toEqual({ user: 'bob', client_timeout: 5 });
  });

  it('cannot change the prototype of anything', () => {
    const context = parseContext(JSON.parse('{"_context___proto__": {"polluted": true}}') as Record<string, unknown>);
    expect(Object.getPrototypeOf(context)).toBe(Object.prototype);
    expect(Object.hasOwn(context, '__proto__')).toBe(true);
  });
});

describe('a request', () => {
  it('has its keys in oslo’s order', () => {
    const message = decodeEnvelope(
      joined(
        encodeRequest({
          method: 'm',
          args: { a: 1 },
          namespace: 'n',
          version: '1.2',
          context: { user: 'bob' },
          uniqueId: 'U',
          reply: { messageId: 'M', queue: 'Q', monitorSeconds: 5 },
        }),
      ),
    );
    expect(Object.keys(message)).toEqual([
      'method',
      'args',
      'namespace',
      'version',
      '_msg_id',
      '_reply_q',
      '_timeout',
      '_unique_id',
      '_context_user',
    ]);
  });

  it('lacks what is not there, and version 1.0 is assumed', () => {
    expect(parseInvocation({ method: 'm' })).toEqual({ method: 'm', args: {}, namespace: null, version: '1.0' });
    expect(parseInvocation({ method: 'm', version: null })).toMatchObject({ version: null });
  });

  it.each([
    [{}, 'TypeError'],
    [{ method: 1 }, 'TypeError'],
    [{ method: 'm', args: [1] }, 'AttributeError'],
    [{ method: 'm', args: null }, 'AttributeError'],
    [{ method: 'm', version: 1 }, 'AttributeError'],
    [{ method: 'm', namespace: 1 }, 'TypeError'],
  ])('like %j cannot be dispatched, which Python calls a %s', (message, remoteType) => {
    expect(() => parseInvocation(message)).toThrow(expect.objectContaining({ remoteType }));
  });
});
