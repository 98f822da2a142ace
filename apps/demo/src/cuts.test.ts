import { expect, it } from 'vitest';
import { type Cut, Cuts } from './cuts.ts';

function makeCuts(cut: () => Promise<number>): { cuts: Cuts; told: Cut[]; restore: () => void } {
  const told: Cut[] = [];
  let restore = (): void => {};
  const restored = new Promise<boolean>((resolve) => {
    restore = () => resolve(true);
  });
  const cuts = new Cuts({
    broker: { cut: async () => ({ connections: await cut(), kind: 'closed' }) },
    watch: { restored: () => restored },
    times: 2,
    calls: 300,
    onCut: (record) => told.push(record),
  });
  return { cuts, told, restore };
}

it('cuts when a third of the calls has ended, and holds the last third until all is back', async () => {
  let asked = 0;
  const { cuts, told, restore } = makeCuts(async () => {
    asked += 1;
    await null;
    cuts.answersLost(50);
    // Received before the loss: no sign of life.
    cuts.answered();
    return 8;
  });
  cuts.callEnded(99);
  expect(asked).toBe(0);
  cuts.callEnded(100);
  expect(asked).toBe(1);
  await cuts.mayBegin(199);
  let began = false;
  const held = cuts.mayBegin(200).then(() => {
    began = true;
  });
  await Promise.resolve();
  expect(began).toBe(false);
  restore();
  await held;
  expect(told).toEqual([]);
  cuts.answersBack();
  cuts.answered();
  await cuts.end();
  expect(told).toMatchObject([{ kind: 'closed', connections: 8, callsWaiting: 50 }]);
  expect(told[0]?.firstAnswerMs).not.toBeNull();
});

it('lets every call begin and tells the error when cutting fails', async () => {
  const { cuts } = makeCuts(() => Promise.reject(new Error('no operator')));
  cuts.callEnded(100);
  await cuts.mayBegin(299);
  await expect(cuts.end()).rejects.toThrow('no operator');
});
