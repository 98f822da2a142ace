import { describe, expect, it } from 'vitest';
import { Lifecycle } from './lifecycle.js';

interface Run {
  readonly number: number;
  readonly intakes: { working: boolean; start(): Promise<void> }[];
}

function setUp() {
  const story: string[] = [];
  let runs = 0;
  /** What a start of an intake waits for, or fails with. */
  const behaviour = { opening: Promise.resolve() };
  const create = (): Run => {
    runs += 1;
    const number = runs;
    const intakes = ['a', 'b'].map((name) => ({
      working: false,
      async start() {
        story.push(`${this.working ? 'again' : 'begin'} ${number}${name}`);
        await behaviour.opening;
        this.working = true;
      },
    }));
    return { number, intakes };
  };
  let current: Run | undefined;
  const life = new Lifecycle<Run>({
    create: () => {
      current = create();
      return current;
    },
    end: async ({ number }, drainMs) => void story.push(`end ${number} in ${drainMs}`),
    overtaken: () => new Error('overtaken'),
  });
  return { life, story, behaviour, intakes: () => current?.intakes ?? [] };
}

describe('a life', () => {
  it('begins once however often it is started, and ends once', async () => {
    const { life, story } = setUp();
    await Promise.all([life.start(undefined), life.start(undefined)]);
    await life.start(undefined);
    expect(life.status).toBe('running');
    await Promise.all([life.stop(5), life.stop(7)]);
    await life.stop(9);
    expect([life.status, ...story]).toEqual(['stopped', 'begin 1a', 'begin 1b', 'again 1a', 'again 1b', 'end 1 in 5']);
  });

  it('has failed while one of its queues is not consumed, and runs when it is again', async () => {
    const { life, intakes } = setUp();
    await life.start(undefined);
    const [first] = intakes();
    Object.assign(first ?? {}, { working: false });
    expect(life.status).toBe('failed');
    await life.start(undefined);
    expect(life.status).toBe('running');
  });

  it('can be had again, even asked for while it ends', async () => {
    const { life, story } = setUp();
    await life.start(undefined);
    const stopping = life.stop(0);
    expect(life.status).toBe('stopping');
    await Promise.all([life.start(undefined), stopping]);
    expect([life.status, ...story]).toEqual(['running', 'begin 1a', 'begin 1b', 'end 1 in 0', 'begin 2a', 'begin 2b']);
  });

  it('is over before it has begun when it is stopped meanwhile, and what had begun is ended', async () => {
    const { life, story } = setUp();
    const started = life.start(undefined).catch((error: unknown) => error);
    // The first queue is consumed by now, or will be.
    await Promise.resolve();
    await life.stop(30);
    expect(await started).toEqual(new Error('overtaken'));
    expect([life.status, ...story]).toEqual(['stopped', 'begin 1a', 'end 1 in 0']);
  });

  it('that was already complete when the stop came is ended', async () => {
    const story: string[] = [];
    let stopped: Promise<void> | undefined;
    // The stop comes when the last queue is consumed, and before anybody could hear of it.
    const intakes = new Proxy([{ working: true, start: async () => {} }], {
      get(list, key, receiver) {
        if (key !== Symbol.iterator) return Reflect.get(list, key, receiver);
        return function* () {
          yield* list;
          queueMicrotask(() => {
            stopped = life.stop(3);
          });
        };
      },
    });
    const life = new Lifecycle({
      create: () => ({ intakes }),
      end: async (_run, drainMs) => void story.push(`end in ${drainMs}`),
      overtaken: () => new Error('overtaken'),
    });
    await life.start(undefined);
    await stopped;
    expect([life.status, ...story]).toEqual(['stopped', 'end in 3']);
  });

  it('does not begin when its signal has fired or its beginning fails, and may be tried again', async () => {
    const { life, story, behaviour } = setUp();
    await expect(life.start(AbortSignal.abort('no'))).rejects.toBe('no');
    const error = new Error('refused');
    behaviour.opening = Promise.reject(error);
    await expect(life.start(undefined)).rejects.toBe(error);
    expect([life.status, ...story]).toEqual(['stopped', 'end 1 in 0', 'begin 2a', 'end 2 in 0']);
    behaviour.opening = Promise.resolve();
    await life.start(undefined);
    expect(life.status).toBe('running');
  });
});
