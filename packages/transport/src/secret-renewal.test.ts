import { Secret } from '@leveret/url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Identity } from './credentials.js';
import type { TransportError } from './errors.js';
import type { Link } from './link.js';
import { keepSecretFresh } from './secret-renewal.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A link that takes secrets, unless it hangs, and a provider with these answers; each word of `told` has its time. */
function renewing(answers: readonly (Identity | Error | 'silent')[], { hangs = false } = {}) {
  const told: string[] = [];
  const began = performance.now();
  const tell = (what: string) => told.push(`${Math.round(performance.now() - began)} ${what}`);
  const left = [...answers];
  const link = {
    host: 'b:5672',
    updateSecret: async (secret: Secret) => {
      tell(`update ${secret.reveal()}`);
      if (hangs) await new Promise(() => {});
    },
  } as unknown as Link;
  const controller = new AbortController();
  const done = keepSecretFresh(
    {
      link,
      expiresInMs: 10_000,
      limitMs: 500,
      ask: async () => {
        const answer = left.shift();
        if (answer instanceof Error) throw answer;
        if (answer === 'silent' || answer === undefined) return new Promise(() => {});
        return answer;
      },
      told: (error?: TransportError) => tell(error?.message ?? 'renewed'),
    },
    controller.signal,
  );
  return { told, done, controller };
}

const identity = (password: string, expiresInMs?: number): Identity => ({
  username: 'u',
  password: new Secret(password),
  expiresInMs,
});

describe('keepSecretFresh', () => {
  it('renews after four fifths of each life, and rests when a secret does not expire', async () => {
    const { told, done } = renewing([identity('second', 5_000), identity('third')]);
    await vi.runAllTimersAsync();
    await done;
    expect(told).toEqual(['8000 update second', '8000 renewed', '12000 update third', '12000 renewed']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tries again soon when the provider fails', async () => {
    const { told, done } = renewing([new Error('no answer'), identity('second')]);
    await vi.runAllTimersAsync();
    await done;
    expect(told).toEqual(['8000 no answer', '9000 update second', '9000 renewed']);
  });

  it('does not wait for ever for a provider or a broker', async () => {
    const silent = renewing(['silent', identity('second')]);
    await vi.runAllTimersAsync();
    await silent.done;
    expect(silent.told[0]).toBe('8500 The secret for b:5672 was not renewed within 500 ms.');
    expect(silent.told.at(-1)).toBe('9500 renewed');
    const hanging = renewing([identity('second')], { hangs: true });
    await vi.advanceTimersByTimeAsync(9_000);
    expect(hanging.told).toEqual(['8000 update second', '8500 The secret for b:5672 was not renewed within 500 ms.']);
    hanging.controller.abort();
    await hanging.done;
  });

  it('ends with its link, and leaves no timer', async () => {
    const { told, done, controller } = renewing([identity('second')]);
    controller.abort();
    await done;
    expect(told).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
