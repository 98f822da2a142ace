import { describe, expect, it } from 'vitest';
import { gate } from './testing/server-setup.js';
import { WorkPlace } from './work-place.js';
import { type Task, WorkQueue } from './work-queue.js';

const turn = () => new Promise(setImmediate);
const drop = () => {};

function queueOf(limits: { running: number; waiting: number }) {
  const work = new WorkQueue(limits, () => true);
  const begun: string[] = [];
  const push = (name: string, run: () => Promise<unknown>, onWaiting?: Task['onWaiting']) =>
    work.push({
      run: async () => {
        begun.push(name);
        await run();
      },
      drop,
      ...(onWaiting === undefined ? {} : { onWaiting }),
    });
  return { work, begun, push };
}

/** As a client's call does. */
async function call(answer: Promise<unknown>): Promise<void> {
  const goOn = WorkPlace.current?.call();
  try {
    await answer;
  } finally {
    goOn?.();
  }
}

describe('work whose tasks wait for calls of their own', () => {
  it('begins with the next one meanwhile, and with none while two have come to run', async () => {
    const { work, begun, push } = queueOf({ running: 1, waiting: 10 });
    const [answer, first, second] = [gate(), gate(), gate()];
    const changes: number[] = [];
    push(
      'a',
      async () => {
        await call(answer.promise);
        await first.promise;
      },
      (change) => changes.push(change),
    );
    push('b', () => second.promise);
    push('c', async () => {});
    await turn();
    expect([begun, work.running]).toEqual([['a', 'b'], 2]);
    answer.open();
    await turn();
    second.open();
    await turn();
    // `a` runs again and has the place.
    expect([begun, work.running]).toEqual([['a', 'b'], 1]);
    first.open();
    await work.idle();
    expect([begun, changes]).toEqual([
      ['a', 'b', 'c'],
      [1, -1],
    ]);
  });

  it('counts those beyond the limit of waiting as running', async () => {
    const { begun, push } = queueOf({ running: 1, waiting: 2 });
    const { promise, open } = gate();
    for (const name of ['a', 'b', 'c', 'd']) push(name, () => call(promise));
    await turn();
    expect(begun).toEqual(['a', 'b', 'c']);
    open();
    await turn();
    expect(begun).toHaveLength(4);
  });

  it('counts several calls at once as one wait, and forgets those that a task leaves behind', async () => {
    const { work, begun, push } = queueOf({ running: 1, waiting: 10 });
    const [one, two, never] = [gate(), gate(), gate()];
    push('both', () => Promise.all([call(one.promise), call(two.promise)]));
    push('leaves', async () => void call(never.promise));
    await turn();
    expect(begun).toEqual(['both', 'leaves']);
    one.open();
    await turn();
    push('next', () => new Promise(() => {}));
    await turn();
    expect(begun).toEqual(['both', 'leaves', 'next']);
    two.open();
    never.open();
    await turn();
    expect(work.running).toBe(1);
    push('over', async () => {});
    await turn();
    expect(begun).not.toContain('over');
  });

  it('is found by nothing outside of it', async () => {
    const { push } = queueOf({ running: 1, waiting: 10 });
    let inside: WorkPlace | undefined;
    push('a', async () => {
      await turn();
      inside = WorkPlace.current;
    });
    await turn();
    await turn();
    expect(inside).toBeInstanceOf(WorkPlace);
    expect(WorkPlace.current).toBeUndefined();
  });
});

it('runs tasks that end at once one after another, however many have waited', async () => {
  let mayStart = false;
  const work = new WorkQueue({ running: 1, waiting: 0 }, () => mayStart);
  const begun: number[] = [];
  const count = 20_000;
  for (let i = 0; i < count; i += 1) work.push({ run: () => void begun.push(i), drop });
  let isIdle = false;
  mayStart = true;
  work.resume();
  void work.idle().then(() => {
    isIdle = true;
  });
  await turn();
  expect([begun.length, begun[0], begun.at(-1), work.running, isIdle]).toEqual([count, 0, count - 1, 0, true]);
});
