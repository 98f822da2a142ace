import { describe, expect, it } from 'vitest';
import { resolveOptions } from './options.js';

describe('resolveOptions', () => {
  it('has a default for everything', () => {
    expect(resolveOptions({ env: false }, '1.2.3')).toMatchObject({
      heartbeatMs: 60_000,
      connectTimeoutMs: 5_000,
      hostOrder: 'shuffle',
      hostFallbackDelayMs: 1_000,
      frameMax: 131_072,
      maxBuffered: { messages: 100_000, bytes: 536_870_912 },
      onFull: 'reject',
      publishTimeoutMs: 30_000,
      compression: 'none',
      clientProperties: { product: 'leveret', version: '1.2.3' },
    });
  });

  it.each([
    ['hearbeatMs', "There is no option 'hearbeatMs' of a transport; did you mean 'heartbeatMs'?"],
    ['heartbeat_ms', "did you mean 'heartbeatMs'?"],
    ['HostOrder', "did you mean 'hostOrder'?"],
    ['frobnicate', "There is no option 'frobnicate' of a transport; there are onEvent, heartbeatMs, "],
    ['__proto__', "There is no option '__proto__' of a transport"],
    ['constructor', "There is no option 'constructor' of a transport"],
  ])('refuses an option %s, and says which there is', (name, words) => {
    const options = Object.fromEntries([[name, 5]]);
    expect(() => resolveOptions(options, '0')).toThrow(words);
  });

  it.each([
    [{ heartbeatMs: -1000 }, 'heartbeatMs must be a whole number from 0 to 65535000'],
    [{ heartbeatMs: 1500 }, 'a multiple of 1000 (AMQP counts in seconds), got 1500.'],
    [{ connectTimeoutMs: 0 }, 'connectTimeoutMs must be a whole number from 1'],
    [{ connectTimeoutMs: '5' as unknown as number }, 'connectTimeoutMs must be a whole number from 1 to 2147483647.'],
    [{ frameMax: 4095 }, 'frameMax must be a whole number from 4096 to 131072, got 4095.'],
    [
      { maxBuffered: Number.NaN },
      'maxBuffered must be a whole number from 1, or an object of such numbers, messages and bytes, got NaN.',
    ],
    [{ maxBuffered: { bytes: 0 } }, 'maxBuffered must be a whole number from 1, or an object'],
    [{ maxBuffered: { byte: 1 } as object }, 'maxBuffered must be a whole number from 1, or an object'],
    [{ compression: 'bzip2' as 'gzip' }, "compression must be 'gzip', 'zlib', 'brotli', 'br'"],
    [{ hostOrder: 'random' as 'given' }, "hostOrder must be 'shuffle' or 'given'."],
    [{ reconnectBackoff: 5 as unknown as number[] }, 'reconnectBackoff must be an iterable of milliseconds, got 5.'],
    [{ onEvent: 'x' as never }, 'onEvent must be a function.'],
    [{ env: 'x' as never }, 'env must be an object with environment variables, or false.'],
  ])('refuses %o', (options, words) => {
    expect(() => resolveOptions(options, '0')).toThrow(words);
  });

  it('takes each option from the first that says something: code, layers in their order, environment, default', () => {
    const env = {
      LEVERET_HEARTBEAT_MS: '1000',
      LEVERET_CONNECT_TIMEOUT_MS: '1001',
      LEVERET_FRAME_MAX: '4097',
      LEVERET_MAX_BUFFERED: '',
    };
    const layers = [{ heartbeatMs: 2000, connectTimeoutMs: 2001 }, { connectTimeoutMs: 3001 }];
    expect(resolveOptions({ heartbeatMs: 4000, frameMax: undefined as never, env }, '0', layers)).toMatchObject({
      heartbeatMs: 4000,
      connectTimeoutMs: 2001,
      frameMax: 4097,
      maxBuffered: { messages: 100_000, bytes: 536_870_912 },
      onFull: 'reject',
      publishTimeoutMs: 30_000,
      compression: 'none',
    });
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
