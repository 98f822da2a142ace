import { describe, expect, it } from 'vitest';
import { resolveOptions } from './options.js';

describe('resolveOptions', () => {
  it('has a default for everything', () => {
    expect(resolveOptions({}, '1.2.3')).toMatchObject({
      heartbeatMs: 60_000,
      connectTimeoutMs: 5_000,
      hostOrder: 'shuffle',
      frameMax: 131_072,
      maxBuffered: 100_000,
      clientProperties: { product: 'leveret', version: '1.2.3' },
    });
  });

  it('refuses an option that does not exist, and lists those that do', () => {
    expect(() => resolveOptions({ heartbeat: 5 } as object, '0')).toThrow(
      /no transport option 'heartbeat'; there are onEvent, heartbeatMs/,
    );
  });

  it.each([
    [{ heartbeatMs: -1000 }, 'heartbeatMs must be a whole number from 0'],
    [{ heartbeatMs: 1500 }, 'heartbeatMs must be whole seconds'],
    [{ connectTimeoutMs: 0 }, 'connectTimeoutMs must be a whole number from 1'],
    [{ frameMax: 4095 }, 'frameMax must be a whole number from 4096'],
    [{ maxBuffered: Number.NaN }, 'maxBuffered must be a whole number'],
    [{ hostOrder: 'random' as 'given' }, "hostOrder must be 'shuffle' or 'given'"],
  ])('refuses %o', (options, words) => {
    expect(() => resolveOptions(options, '0')).toThrow(words);
  });

  it('keeps a listener that throws away from the connection', () => {
    const { emit } = resolveOptions(
      {
        onEvent: () => {
          throw new Error('in the listener');
        },
      },
      '0',
    );
    expect(() => emit({ type: 'connection-opened', purpose: 'publish', host: 'b:5672' })).not.toThrow();
  });
});
