import { describe, expect, it } from 'vitest';
import type { Settings } from './client-options.js';
import { answer, request, setUpClient } from './testing/client-setup.js';

/** How a call with these settings at each place was published, and what its request says. */
async function publishedBy(ofClient: Settings, ofPrepare: Settings, ofCall: Settings) {
  const { transport, client } = setUpClient(ofClient);
  const outcome = client.prepare(ofPrepare).call('m', {}, ofCall);
  await new Promise(setImmediate);
  const { timeoutMs, retry } = transport.published[0]?.options ?? {};
  const { _timeout: monitorSeconds } = request(transport);
  answer(transport);
  await outcome;
  // What the set-up of the reply queue took of the time is gone, and the rest is rounded up.
  return { seconds: Math.ceil((timeoutMs ?? Number.NaN) / 1000), retry, monitorSeconds };
}

describe('the settings of a call', () => {
  const defaults = { seconds: 60, retry: null, monitorSeconds: null };
  const first = { timeoutMs: 30_000, callMonitorTimeoutMs: 4_000, retry: 3 };
  const asFirst = { seconds: 30, retry: 3, monitorSeconds: 4 };
  const second = { timeoutMs: 20_000, callMonitorTimeoutMs: 8_000, retry: 1 };
  const asSecond = { seconds: 20, retry: 1, monitorSeconds: 8 };
  const kept = { timeoutMs: undefined, callMonitorTimeoutMs: undefined, retry: undefined };
  const cleared = { timeoutMs: null, callMonitorTimeoutMs: null, retry: null };

  it('are the client’s, those of prepare before them, and those of the call before all', async () => {
    expect(await publishedBy({}, {}, {})).toEqual(defaults);
    expect(await publishedBy(first, {}, {})).toEqual(asFirst);
    expect(await publishedBy({}, first, {})).toEqual(asFirst);
    expect(await publishedBy({}, {}, first)).toEqual(asFirst);
    expect(await publishedBy(first, second, {})).toEqual(asSecond);
    expect(await publishedBy(first, {}, second)).toEqual(asSecond);
    expect(await publishedBy({}, first, second)).toEqual(asSecond);
  });

  it('stay when undefined, and are the defaults when null', async () => {
    expect(await publishedBy(first, kept, kept)).toEqual(asFirst);
    expect(await publishedBy(first, cleared, {})).toEqual(defaults);
    expect(await publishedBy(first, second, cleared)).toEqual(defaults);
  });

  it('retry may be none at all', async () => {
    expect(await publishedBy({ retry: 0 }, {}, {})).toMatchObject({ retry: 0 });
    expect(await publishedBy({ retry: 3 }, { retry: 0 }, {})).toMatchObject({ retry: 0 });
    expect(await publishedBy({ retry: 3 }, {}, { retry: 0 })).toMatchObject({ retry: 0 });
  });
});
