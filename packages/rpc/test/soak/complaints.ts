import type { SoakReport } from './soak.ts';

// What a heap may differ by that does not grow.
const heapLimit = 2 * 2 ** 20;

/** What is not as it must be, in sentences; none is good. */
export function complaints({ ours, python, cuts }: SoakReport): readonly string[] {
  const failures = Object.values(ours.failed).reduce((sum, each) => sum + each, 0);
  const growth = ours.heapAfter - ours.heapBefore;
  const unnamed = Object.keys(ours.failed).filter((code) => !code.startsWith('ERR_LEVERET_'));
  const found: readonly [boolean, string][] = [
    [cuts === 0 || ours.connectionsLost === 0, 'No connection was cut.'],
    [ours.answered === 0, 'No call was answered.'],
    [python.answered === 0, "No call of Python's was answered."],
    [ours.hung > 0, `${ours.hung} calls were neither answered nor failed.`],
    [ours.wrong > 0, `${ours.wrong} calls had the answer of another.`],
    [ours.answered + failures !== ours.calls, 'The calls that were answered and those that failed are not all calls.'],
    [unnamed.length > 0, `Calls failed without a name: ${unnamed.join(', ')}.`],
    [ours.runTwice > 0, `${ours.runTwice} requests were run twice by one server.`],
    [ours.fanoutsTwice > 0, `${ours.fanoutsTwice} fanouts were run twice by one server.`],
    [ours.fanoutsMissed > 0, `${ours.fanoutsMissed} fanouts were confirmed and did not come to one of our servers.`],
    [growth > heapLimit, `The heap grew by ${(growth / 2 ** 20).toFixed(2)} MB.`],
  ];
  return found.filter(([is]) => is).map(([, sentence]) => sentence);
}
