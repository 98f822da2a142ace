import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Opening, openFirst } from './open-first.js';

type Behaviour = { readonly afterMs: number; readonly error?: Error; readonly usableAfterMs?: number };

/** Hosts that answer as told, and a record of all that happens. */
function hosts(behaviours: Readonly<Record<string, Behaviour>>, unusable: readonly string[] = []) {
  const told: string[] = [];
  const began = performance.now();
  const tell = (what: string) => told.push(`${Math.round(performance.now() - began)} ${what}`);
  const opening: Opening<string, string> = {
    fallbackDelayMs: 1_000,
    dial: (host, signal) => {
      tell(`dial ${host}`);
      return new Promise((resolve, reject) => {
        const behaviour = behaviours[host];
        const onAbort = () => {
          tell(`end ${host}`);
          reject(signal.reason);
        };
        signal.addEventListener('abort', onAbort, { once: true });
        if (behaviour === undefined) return; // A host that never answers.
        setTimeout(() => {
          signal.removeEventListener('abort', onAbort);
          if (behaviour.error === undefined) resolve(`link ${host}`);
          else reject(behaviour.error);
        }, behaviour.afterMs);
      });
    },
    use: async (link, host) => {
      tell(`use ${link}`);
      await new Promise((resolve) => setTimeout(resolve, behaviours[host]?.usableAfterMs ?? 0));
      if (unusable.includes(host)) throw new Error('unusable');
    },
    close: async (link) => void tell(`close ${link}`),
    failed: (host, error) => tell(`failed ${host}: ${(error as Error).message}`),
    outrun: (host, elapsedMs) => tell(`outrun ${host} ${elapsedMs}`),
  };
  return { told, opening };
}

const forEver = new AbortController().signal;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function open(opening: Opening<string, string>, names: readonly string[], signal = forEver) {
  const opened = openFirst(names, opening, signal);
  const [result] = await Promise.all([Promise.allSettled([opened]), vi.runAllTimersAsync()]);
  expect(vi.getTimerCount()).toBe(0);
  return result[0];
}

describe('openFirst', () => {
  it('dials one host where one answers', async () => {
    const { told, opening } = hosts({ a: { afterMs: 900 }, b: { afterMs: 1 } });
    expect(await open(opening, ['a', 'b'])).toEqual({ status: 'fulfilled', value: 'link a' });
    expect(told).toEqual(['0 dial a', '900 use link a']);
  });

  it('goes on with the next host at once when one fails', async () => {
    const { told, opening } = hosts({ a: { afterMs: 10, error: new Error('refused') }, b: { afterMs: 5 } });
    expect(await open(opening, ['a', 'b'])).toMatchObject({ value: 'link b' });
    expect(told).toEqual(['0 dial a', '10 failed a: refused', '10 dial b', '15 use link b']);
  });

  it('starts the next host beside one that does not answer, and ends that when the other is usable', async () => {
    const { told, opening } = hosts({ b: { afterMs: 20 } });
    expect(await open(opening, ['a', 'b', 'c'])).toMatchObject({ value: 'link b' });
    expect(told).toEqual(['0 dial a', '1000 dial b', '1020 use link b', '1020 outrun a 1020', '1020 end a']);
  });

  it('lets a slow host win over one that was started beside it', async () => {
    const { told, opening } = hosts({ a: { afterMs: 1_500 } });
    expect(await open(opening, ['a', 'b'])).toMatchObject({ value: 'link a' });
    expect(told).toEqual(['0 dial a', '1000 dial b', '1500 use link a', '1500 end b']);
  });

  it('closes a link that comes while another is made usable', async () => {
    const { told, opening } = hosts({ a: { afterMs: 1_010, usableAfterMs: 50 }, b: { afterMs: 20 } });
    expect(await open(opening, ['a', 'b'])).toMatchObject({ value: 'link a' });
    expect(told).toEqual(['0 dial a', '1000 dial b', '1010 use link a', '1060 close link b']);
  });

  it('takes a host whose link cannot be made usable for failed', async () => {
    const { told, opening } = hosts({ a: { afterMs: 1 }, b: { afterMs: 1 } }, ['a']);
    expect(await open(opening, ['a', 'b'])).toMatchObject({ value: 'link b' });
    expect(told).toEqual(['0 dial a', '1 use link a', '1 failed a: unusable', '1 dial b', '2 use link b']);
  });

  it('gives nothing when every host has failed, each once', async () => {
    const error = new Error('refused');
    const { told, opening } = hosts({ a: { afterMs: 3_000, error }, b: { afterMs: 1, error } });
    expect(await open(opening, ['a', 'b'])).toEqual({ status: 'fulfilled', value: undefined });
    expect(told).toEqual(['0 dial a', '1000 dial b', '1001 failed b: refused', '3000 failed a: refused']);
  });

  it('ends every dial when it is aborted, with the reason as it is', async () => {
    const { told, opening } = hosts({});
    const controller = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 1_500);
    expect(await open(opening, ['a', 'b'], controller.signal)).toEqual({ status: 'rejected', reason });
    expect(told).toEqual(['0 dial a', '1000 dial b', '1500 end a', '1500 end b']);
  });
});
