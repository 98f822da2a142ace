import { expect, it } from 'vitest';
import { UnderWay } from './under-way.js';

const turn = () => new Promise(setImmediate);

it('is idle at once when nothing is under way, and else when the last has ended', async () => {
  const underWay = new UnderWay();
  const heard: string[] = [];
  await underWay.idle();
  underWay.begin();
  underWay.begin();
  for (const name of ['a', 'b']) void underWay.idle().then(() => heard.push(name));
  underWay.end();
  await turn();
  expect([heard, underWay.count]).toEqual([[], 1]);
  underWay.end();
  await turn();
  expect(heard).toEqual(['a', 'b']);
});

it('is not idle when an end begins something else', async () => {
  let more = 1;
  const underWay: UnderWay = new UnderWay(() => {
    if (more > 0) underWay.begin();
    more -= 1;
  });
  underWay.begin();
  let isIdle = false;
  void underWay.idle().then(() => {
    isIdle = true;
  });
  underWay.end();
  await turn();
  expect(isIdle).toBe(false);
  underWay.end();
  await turn();
  expect(isIdle).toBe(true);
});
