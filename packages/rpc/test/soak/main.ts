// `npm run test:soak`: servers and clients of both languages on one topic for minutes, while connections are cut; prints
// what became of every call, and ends with 1 when one hung, ran twice on our side, or failed without a name.
import { parseArgs } from 'node:util';
import { startRabbitmq } from '@leveret/tooling-rabbitmq';
import { complaints } from './complaints.ts';
import { runSoak } from './soak.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const seconds = Number(values.minutes) * 60;
if (!(seconds > 0)) throw new Error('--minutes takes a number greater than 0.');
await using broker = await startRabbitmq();
const report = await runSoak({ control: broker, seconds });
console.log(JSON.stringify(report, undefined, 2));
for (const complaint of complaints(report)) {
  console.log(complaint);
  process.exitCode = 1;
}
