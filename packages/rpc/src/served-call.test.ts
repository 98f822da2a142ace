import { describe, expect, it, vi } from 'vitest';
import type { IncomingRequest } from './request.js';
import { RequestScope } from './request-scope.js';
import { ServedCall } from './served-call.js';

const TARGET = { exchange: null, topic: 't', server: 's' };
const INVOCATION = { method: 'm', args: {}, namespace: null, version: '1.0' };
const REQUEST: IncomingRequest = {
  message: {},
  uniqueId: 'U',
  reply: { messageId: 'M', queue: 'q' },
  monitorTimeout: 30,
  origin: { exchange: 'x', routingKey: 't', headers: { h: 1 } },
};

function served(scope: RequestScope): ServedCall {
  return new ServedCall(TARGET, REQUEST, INVOCATION, { a: 1 }, { user: 'bob' }, false, scope);
}

describe('a request as its method sees it', () => {
  it('gives a copy made by spreading all that it has', () => {
    vi.useFakeTimers();
    vi.setSystemTime(0);
    const scope = new RequestScope(5_000);
    const { signal, ...copy } = { ...served(scope) };
    expect(signal).toBe(scope.signal);
    expect(copy).toEqual({
      target: TARGET,
      destination: { exchange: 'x', routingKey: 't' },
      uniqueId: 'U',
      messageId: 'M',
      args: { a: 1 },
      headers: { h: 1 },
      method: 'm',
      namespace: null,
      version: '1.0',
      context: { user: 'bob' },
      kind: 'call',
      clientTimeoutMs: 30_000,
      redelivered: false,
      deadline: new Date(5_000),
      remainingMs: 5_000,
    });
    scope.close();
    vi.useRealTimers();
  });

  it('has the time of its own scope', () => {
    const scope = new RequestScope(60_000);
    const limited = served(scope);
    const unlimited = served(new RequestScope(undefined));
    expect([limited.remainingMs, unlimited.remainingMs]).toEqual([60_000, null]);
    expect(limited.signal).not.toBe(unlimited.signal);
    scope.close();
  });

  it('has the getters of all others', () => {
    // With its own it would have a shape of its own, which stays in memory until the next full garbage collection.
    const getters = (call: ServedCall): unknown[] =>
      ['signal', 'deadline', 'remainingMs'].map((name) => Object.getOwnPropertyDescriptor(call, name)?.get);
    const first = getters(served(new RequestScope(undefined)));
    expect(first).toEqual(getters(served(new RequestScope(1))));
    expect(first.every((getter) => typeof getter === 'function')).toBe(true);
  });
});
