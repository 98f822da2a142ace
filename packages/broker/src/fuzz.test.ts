import { expect, it, onTestFinished } from 'vitest';
import { brokerInTest, clientOf, roundTrip, until } from '../test/broker-in-test.js';
import { createFuzzer } from '../test/fuzz/fuzzer.js';
import { usedMemory } from '../test/fuzz/memory.js';

const SEED = 20_261_124;
const INPUTS = 3000;
const MIB = 1 << 20;

it('takes random and broken sessions without a crash, a hang or growth', { timeout: 60_000 }, async () => {
  const warnings: Error[] = [];
  const heard = (warning: Error): void => void warnings.push(warning);
  process.on('warning', heard);
  onTestFinished(() => void process.off('warning', heard));
  const { broker, events, reasons } = await brokerInTest();
  const bystander = await clientOf(broker, 'bystander');
  const fuzzer = await createFuzzer(broker);
  const runTo = async (from: number, to: number): Promise<number> => {
    for (let number = from; number < to; number += 1) await fuzzer.run(SEED + number);
    await until(() => broker.connections().length === 1, 'only the bystander is left');
    await roundTrip(bystander.channel);
    expect(reasons().filter((reason) => reason.includes('the embedded broker failed'))).toEqual([]);
    // What it holds by right goes, what is left is a leak.
    for (const { name } of broker.queues()) broker.faults.deleteQueue(name);
    for (const { name } of broker.exchanges()) if (!/^(amq\.|$)/.test(name)) broker.faults.deleteExchange(name);
    events.length = 0;
    return await usedMemory();
  };

  const before = await runTo(0, INPUTS / 2);
  const after = await runTo(INPUTS / 2, INPUTS);

  expect(after - before).toBeLessThan(2 * MIB);
  expect(fuzzer.outcomes.answered).toBeGreaterThan(INPUTS / 4);
  expect(fuzzer.outcomes.closed).toBeGreaterThan(0);
  expect(warnings).toEqual([]);
});
