import { describe, expect, it } from 'vitest';
import { findMethod } from './dispatcher.js';
import { type AccessPolicy, type Endpoint, resolveEndpoint } from './endpoint.js';
import { defineContract, expectedErrors, expose, implement } from './index.js';
import { parseInvocation } from './request.js';
import { loadVectors, type Vector } from './testing/fixtures.js';

const hit = () => 'hit';

function find(endpoints: readonly Endpoint[], message: Record<string, unknown>, policy: AccessPolicy = 'default') {
  return findMethod(endpoints.map(resolveEndpoint), policy, parseInvocation(message));
}

describe('versions, as oslo.messaging dispatches them', () => {
  interface In {
    endpoint_version: string | null;
    message_version: string | null;
    message_has_version: boolean;
  }
  type Out = { dispatched: true } | { dispatched: false; error: { class: string; module: string; message: string } };
  const vectors = loadVectors<Vector<In, Out>>('version-compat', 'dispatch');
  it('has all its cases', () => expect(vectors).toHaveLength(30));

  it.each(vectors)('$id', ({ in: input, out }) => {
    const version = input.endpoint_version;
    const endpoint = { target: version === null ? {} : { version }, methods: { m: hit } };
    const message = { method: 'm', ...(input.message_has_version ? { version: input.message_version } : {}) };
    if (out.dispatched) {
      expect(find([endpoint], message)({}, {} as never)).toBe('hit');
      return;
    }
    const { class: remoteType, module: remoteModule, message: text } = out.error;
    expect(() => find([endpoint], message)).toThrow(
      expect.objectContaining({ remoteType, remoteModule, message: text }),
    );
  });
});

describe('namespaces, as oslo.messaging has them', () => {
  interface In {
    endpoint_namespace: string | null;
    legacy_namespaces: (string | null)[];
    message_namespace: string | null;
  }
  const vectors = loadVectors<Vector<In, { accepted: boolean }>>('version-compat', 'namespace');
  it('has all its cases', () => expect(vectors).toHaveLength(9));

  it.each(vectors)('$id', ({ in: { endpoint_namespace, legacy_namespaces, message_namespace }, out }) => {
    const target = { namespace: endpoint_namespace, legacyNamespaces: legacy_namespaces };
    const dispatch = () => find([{ target, methods: { m: hit } }], { method: 'm', namespace: message_namespace });
    if (out.accepted) expect(dispatch()).toBeTypeOf('function');
    else expect(dispatch).toThrow('Endpoint does not support RPC version 1.0. Attempted method: m');
  });
});

describe('finding a method', () => {
  it('tries later endpoints when an earlier one that fits lacks the method', () => {
    const endpoints = [{ methods: { other: () => 'first' } }, { methods: { m: () => 'second' } }];
    expect(find(endpoints, { method: 'm' })({}, {} as never)).toBe('second');
  });

  it('says that the method is missing when an endpoint fits, and that the version is when none does', () => {
    const endpoints = [{ target: { version: '2.0' }, methods: { m: hit } }];
    expect(() => find(endpoints, { method: 'x', version: '2.0' })).toThrow('Endpoint does not support RPC method x');
    expect(() => find(endpoints, { method: 'm', version: null })).toThrow(
      'Endpoint does not support RPC version None. Attempted method: m',
    );
  });

  it.each(['constructor', 'then', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'])(
    'never finds %s, which every object inherits',
    (method) => {
      expect(() => find([{ methods: { m: hit } }], { method }, 'legacy')).toThrow('does not support RPC method');
    },
  );

  it('hides methods that start with an underscore, unless the policy is legacy', () => {
    const endpoints = [{ methods: { _secret: hit, open: hit } }];
    expect(() => find(endpoints, { method: '_secret' })).toThrow('Endpoint does not support RPC method _secret');
    expect(find(endpoints, { method: '_secret' }, 'legacy')).toBeTypeOf('function');
  });

  it('finds only what is exposed when the policy is explicit, by itself, by a contract, or where errors are expected', () => {
    const contract = defineContract({ methods: { agreed: {} } });
    const endpoints: Endpoint[] = [
      {
        methods: {
          hidden: hit,
          open: expose(() => 'open'),
          _private: expose(() => 'private'),
          expecting: expectedErrors(
            [TypeError],
            expose(() => 'expecting'),
          ),
          unexposed: expectedErrors([TypeError], hit),
        },
      },
      implement(contract, { agreed: () => 'agreed' }),
    ];
    const found = (method: string) => find(endpoints, { method }, 'explicit');
    for (const method of ['open', '_private', 'expecting', 'agreed']) expect(found(method)).toBeTypeOf('function');
    for (const method of ['hidden', 'unexposed', 'constructor']) {
      expect(() => found(method)).toThrow(`Endpoint does not support RPC method ${method}`);
    }
    expect(() => expose(1 as never)).toThrow('expose takes a method');
  });

  it('hides a method that is exposed when the policy is the default and its name says so', () => {
    const endpoints = [{ methods: { _private: expose(() => 'private'), open: hit } }];
    expect(() => find(endpoints, { method: '_private' })).toThrow('does not support RPC method');
  });

  it('asks a policy that is a function', () => {
    const endpoints = [{ methods: { a: hit, b: hit } }];
    const policy = (method: string) => method === 'a';
    expect(find(endpoints, { method: 'a' }, policy)).toBeTypeOf('function');
    expect(() => find(endpoints, { method: 'b' }, policy)).toThrow('Endpoint does not support RPC method b');
  });

  it('fails on a malformed version as Python does', () => {
    const endpoints = [{ methods: { m: hit } }];
    expect(() => find(endpoints, { method: 'm', version: 'x' })).toThrow(
      expect.objectContaining({ remoteType: 'ValueError' }),
    );
    expect(() => find(endpoints, { method: 'm', version: '1' })).toThrow(
      expect.objectContaining({ remoteType: 'IndexError' }),
    );
  });
});

describe('an endpoint', () => {
  it('exposes nothing of a class, whose methods are on its prototype', () => {
    class Volumes {
      resize() {
        return 1;
      }
    }
    const methods = new Volumes() as unknown as Endpoint['methods'];
    expect(() => resolveEndpoint({ methods }, 0)).toThrow(
      /endpoints\[0\]\.methods has no methods of its own\. Those of a class/u,
    );
  });

  it('says what is wrong with it', () => {
    expect(() => resolveEndpoint(null as never, 2)).toThrow('endpoints[2] must be an object.');
    expect(() => resolveEndpoint({} as never, 0)).toThrow('endpoints[0].methods must be an object of functions.');
    expect(() => resolveEndpoint({ methods: { a: 1 as never } }, 0)).toThrow(
      'endpoints[0].methods.a is not a function.',
    );
    expect(() => resolveEndpoint({ target: 'x' as never, methods: { m: hit } }, 0)).toThrow(
      'endpoints[0].target must be',
    );
    expect(() => resolveEndpoint({ target: { version: 'x.y' }, methods: { m: hit } }, 0)).toThrow("Version 'x.y'");
    expect(() => resolveEndpoint({ target: { namespace: 1 as never }, methods: { m: hit } }, 0)).toThrow(
      'namespaces of endpoints[0]',
    );
  });

  it('lets its methods call each other by this', () => {
    const methods = {
      double(this: { one(): number }) {
        return this.one() * 2;
      },
      one: () => 1,
    };
    expect(find([{ methods }], { method: 'double' })({}, {} as never)).toBe(2);
  });
});
