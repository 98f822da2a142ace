import { describe, expect, it } from 'vitest';
import { osloHeartbeat } from './oslo.js';

describe('osloHeartbeat', () => {
  it('has the defaults of oslo.messaging', () => {
    expect(osloHeartbeat()).toEqual({ intervalMs: 60_000, beatsPerInterval: 6 });
  });

  it('negotiates with what the server proposed, and lets a threshold of 0 decline', () => {
    expect(osloHeartbeat({ threshold: 60, rate: 3, server: 10 })).toEqual({ intervalMs: 10_000, beatsPerInterval: 6 });
    expect(osloHeartbeat({ threshold: 0, rate: 3, server: 60 }).intervalMs).toBe(0);
  });

  it('beats as often as the rate says when that is more than six times, and at most a hundred times', () => {
    expect(osloHeartbeat({ rate: 10 }).beatsPerInterval).toBe(10);
    expect(osloHeartbeat({ rate: 1_000 }).beatsPerInterval).toBe(100);
  });

  it.each([
    [{ threshold: -1 }, 'threshold'],
    [{ threshold: 1.5 }, 'threshold'],
    [{ rate: 0 }, 'rate'],
    [{ threshold: 0, rate: 0 }, 'rate'],
    [{ rate: -2 }, 'rate'],
    [{ rate: 2.5 }, 'rate'],
  ])('refuses %j by the name of its option', (options, option) => {
    expect(() => osloHeartbeat(options)).toThrow(
      expect.objectContaining({ code: 'ERR_LEVERET_HEARTBEAT_OPTION', option }),
    );
  });
});
