import { startRabbitmq, useRabbitmq } from '@leveret/tooling-rabbitmq';
import { expect, it } from 'vitest';
import { complaints } from './soak/complaints.ts';
import { runSoak } from './soak/soak.ts';

it('calls of both languages are answered, or fail by name, and no server of ours runs one twice, while connections are cut', async () => {
  const shared = await useRabbitmq();
  // Nobody else's connections are cut.
  await using own = shared.control === undefined ? await startRabbitmq() : undefined;
  const control = own ?? shared.control;
  if (control === undefined) throw new Error('There is a broker of our own here, or a shared one that is ours.');
  const report = await runSoak({ control, seconds: 12 });
  expect({ complaints: complaints(report), report }).toEqual({ complaints: [], report });
  await shared.release();
}, 120_000);
