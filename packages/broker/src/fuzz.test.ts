import { expect, it, onTestFinished } from 'vitest';
import { type BrokerInTest, brokerInTest, clientOf, confirming, roundTrip, until } from '../test/broker-in-test.js';
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
  const inTest = await brokerInTest({ limits: { memoryBytes: 16 * MIB } });
  const { broker, events, reasons } = inTest;
  const room = await roomOf(inTest);
  const fuzzer = await createFuzzer(broker);
  const runTo = async (from: number, to: number): Promise<number> => {
    const bystander = await clientOf(broker, 'bystander');
    for (let number = from; number < to; number += 1) await fuzzer.run(SEED + number);
    await until(() => broker.connections().length === 1, 'only the bystander is left');
    await roundTrip(bystander.channel);
    expect(reasons().filter((reason) => reason.includes('the embedded broker failed'))).toEqual([]);
    // What it holds by right goes, what is left is a leak.
    await broker.restart({ keep: 'nothing' });
    events.length = 0;
    return await usedMemory();
  };

  const before = await runTo(0, INPUTS / 2);
  const after = await runTo(INPUTS / 2, INPUTS);

  expect(await roomOf(inTest)).toBe(room);
  expect(after - before).toBeLessThan(2 * MIB);
  expect(fuzzer.outcomes.answered).toBeGreaterThan(INPUTS / 4);
  expect(fuzzer.outcomes.closed).toBeGreaterThan(0);
  expect(warnings).toEqual([]);
});

/** How many messages of 16 KiB make the memory alarm ring: fewer, if it still counts some that are gone. */
async function roomOf({ broker, events }: BrokerInTest): Promise<number> {
  const client = await clientOf(broker, 'filler');
  const channel = await confirming(client);
  await channel.assertQueue('filler');
  const rings = (): boolean => events.some(({ type }) => type === 'alarm-raised');
  let count = 0;
  for (; !rings(); count += 1) {
    channel.sendToQueue('filler', Buffer.alloc(16_384));
    await channel.waitForConfirms();
  }
  broker.faults.deleteQueue('filler');
  await client.connection.close();
  events.length = 0;
  return count;
}
