import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeEnvelope, joined } from './envelope.js';
import { formatRequestContext, parseRequestContext, type RequestContext, requestContextSerializer } from './index.js';
import { encodeRequest, parseContext } from './request.js';
import { answer, request, setUpClient } from './testing/client-setup.js';
import { loadVectors } from './testing/fixtures.js';
import { body, setUpServer } from './testing/server-setup.js';

// RequestContext(user_id='u', project_id='p', roles=['admin'], request_id='req-1', is_admin=True).to_dict(), oslo.context 5.0.0.
const FROM_PYTHON = {
  user: 'u',
  project_id: 'p',
  system_scope: null,
  project: 'p',
  domain: null,
  user_domain: null,
  project_domain: null,
  is_admin: true,
  read_only: false,
  show_deleted: false,
  auth_token: null,
  request_id: 'req-1',
  global_request_id: null,
  resource_uuid: null,
  roles: ['admin'],
  user_identity: 'u p - - -',
  is_admin_project: true,
};

const FIELDS: RequestContext = {
  authToken: null,
  userId: 'u',
  projectId: 'p',
  domainId: null,
  userDomainId: null,
  projectDomainId: null,
  systemScope: null,
  requestId: 'req-1',
  globalRequestId: null,
  resourceUuid: null,
  isAdmin: true,
  isAdminProject: true,
  readOnly: false,
  showDeleted: false,
  roles: ['admin'],
};

describe('a request context', () => {
  it('of Python is read', () => {
    expect(parseRequestContext(FROM_PYTHON)).toEqual(FIELDS);
  });

  it('is written with all that Python writes, and the ids by the names they have now', () => {
    expect(formatRequestContext(FIELDS)).toEqual({
      ...FROM_PYTHON,
      user_id: 'u',
      domain_id: null,
      user_domain_id: null,
      project_domain_id: null,
    });
  });

  it('has what else is told, under its own name, and nothing that is not given', () => {
    expect(formatRequestContext({ userId: 'u', domainId: undefined, quotaClass: 'gold' })).toEqual({
      user_id: 'u',
      user: 'u',
      quotaClass: 'gold',
      user_identity: 'u - - - -',
    });
    expect(parseRequestContext({ client_timeout: 4, user_id: 'new', user: 'old', tenant: 't' })).toEqual({
      client_timeout: 4,
      tenant: 't',
      userId: 'new',
    });
    expect(parseRequestContext({ user_id: null, user: 'old' })).toEqual({ userId: 'old' });
    expect(parseRequestContext({})).toEqual({});
  });

  it.each([
    ['is_admin', 'no'],
    ['is_admin', 1],
    ['is_admin', null],
    ['roles', 'admin'],
    ['roles', [1]],
    ['user_id', { $ne: null }],
    ['auth_token', 7],
  ])('lacks %s when it is %j', (key, value) => {
    expect(parseRequestContext({ [key]: value, request_id: 'r' })).toEqual({ requestId: 'r' });
  });

  it('comes back as it went out', () => {
    const text = fc.option(fc.string());
    const context = fc.record(
      {
        userId: text,
        projectDomainId: text,
        isAdmin: fc.boolean(),
        serviceRoles: fc.array(fc.string()),
        further: text,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(context, (given) => {
        expect(parseRequestContext(formatRequestContext(given))).toEqual(given);
      }),
    );
  });

  it('cannot change the prototype of anything', () => {
    const hostile = JSON.parse('{"__proto__": {"isAdmin": true}}') as Record<string, unknown>;
    const context = parseRequestContext(hostile);
    expect([context.isAdmin, Object.getPrototypeOf(context)]).toEqual([undefined, Object.prototype]);
  });

  interface Case {
    readonly id: string;
    readonly kind?: string;
    readonly in: { readonly context: Record<string, unknown> };
    readonly out: { readonly unpacked_context: Record<string, unknown> };
  }
  it.each(loadVectors<Case>('context'))('is read from what oslo.messaging packs: $id', ({ in: { context }, out }) => {
    const facts = { method: 'm', args: {}, namespace: null, version: null, context, uniqueId: 'U' };
    const unpacked = parseContext(decodeEnvelope(joined(encodeRequest(facts))));
    expect(unpacked).toEqual(out.unpacked_context);
    const { user, roles, ...rest } = out.unpacked_context;
    expect(parseRequestContext(unpacked)).toEqual({
      ...rest,
      ...(user === undefined ? {} : { userId: user }),
      ...(roles === undefined ? {} : { roles }),
    });
  });
});

describe('the serializer of request contexts', () => {
  it('is for callers and methods, which see fields, while keys are on the wire', async () => {
    const { transport, client } = setUpClient({ serializer: requestContextSerializer() });
    const context: RequestContext = { userId: 'u', isAdmin: false };
    const result = client.call('m', { a: 1 }, { context });
    await new Promise(setImmediate);
    expect(request(transport)).toMatchObject({ args: { a: 1 }, _context_user_id: 'u', _context_is_admin: false });
    answer(transport, { result: 2 });
    expect(await result).toBe(2);
    await client.close();

    let seen: unknown;
    const methods = {
      m: (_args: unknown, call: { context: unknown }) => {
        seen = call.context;
      },
    };
    const { transport: serving, server } = setUpServer(methods, { serializer: requestContextSerializer() });
    await server.start();
    serving.inject('t', body('m').replace('_context_user', '_context_user_id'));
    await new Promise(setImmediate);
    await server.stop();
    expect(seen).toEqual({ userId: 'bob', client_timeout: null });
  });

  it('leaves values to functions of its own', () => {
    const serializer = requestContextSerializer({ serializeValue: (_context, value) => [value] });
    expect([serializer.serializeValue({}, 1), serializer.deserializeValue({}, 1)]).toEqual([[1], 1]);
  });

  it('refuses a context that is none', () => {
    expect(() => formatRequestContext([] as never)).toThrow('context must be an object, got a list.');
  });
});
