import { describe, expect, it } from 'vitest';
import { Lifecycle, type LifeStages } from './lifecycle.js';
import { gate } from './testing/server-setup.js';

function setUp(overrides: Partial<LifeStages<number>> = {}) {
  const story: string[] = [];
  let runs = 0;
  const life = new Lifecycle<number>({
    begin: async (signal) => {
      runs += 1;
      story.push(`begin ${runs}`);
      await Promise.resolve();
      signal.throwIfAborted();
      return runs;
    },
    again: async (run) => void story.push(`again ${run}`),
    end: async (run, drainMs) => void story.push(`end ${run} in ${drainMs}`),
    overtaken: () => new Error('overtaken'),
    ...overrides,
  });
  return { life, story };
}

describe('a life', () => {
  it('begins once however often it is started, and ends once', async () => {
    const { life, story } = setUp();
    await Promise.all([life.start(undefined), life.start(undefined)]);
    await life.start(undefined);
    expect([life.status, life.run]).toEqual(['running', 1]);
    await Promise.all([life.stop(5), life.stop(7)]);
    await life.stop(9);
    expect([life.status, life.run, ...story]).toEqual(['stopped', undefined, 'begin 1', 'again 1', 'end 1 in 5']);
  });

  it('can be had again, even asked for while it ends', async () => {
    const { life, story } = setUp();
    await life.start(undefined);
    const stopping = life.stop(0);
    expect(life.status).toBe('stopping');
    await Promise.all([life.start(undefined), stopping]);
    expect([life.status, ...story]).toEqual(['running', 'begin 1', 'end 1 in 0', 'begin 2']);
  });

  it('is over before it has begun when it is stopped meanwhile', async () => {
    const { life, story } = setUp();
    const started = life.start(undefined).catch((error: unknown) => error);
    await life.stop(0);
    expect(await started).toEqual(new Error('overtaken'));
    expect([life.status, ...story]).toEqual(['stopped', 'begin 1']);
  });

  it('that was already complete when the stop came is ended', async () => {
    const opening = gate();
    const { life, story } = setUp({ begin: () => opening.promise as Promise<number> });
    const started = life.start(undefined);
    const stopped = life.stop(3);
    opening.open(8);
    await Promise.all([started, stopped]);
    expect([life.status, ...story]).toEqual(['stopped', 'end 8 in 3']);
  });

  it('does not begin when its signal fires or its beginning fails, and may be tried again', async () => {
    const { life } = setUp();
    await expect(life.start(AbortSignal.abort('no'))).rejects.toBe('no');
    await life.start(undefined);
    expect(life.status).toBe('running');
  });
});
