import { coordinatesVariable } from './access.ts';
import { startRabbitmq } from './rabbitmq.ts';

/**
 * A global setup of vitest: one broker for the whole run of a project, which `useRabbitmq()` finds in every worker.
 * With LEVERET_RABBITMQ_URL set it starts nothing.
 */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  const url = process.env['LEVERET_RABBITMQ_URL'];
  if (url !== undefined && url !== '') return undefined;
  // Another project of the same run has started one already.
  if (process.env[coordinatesVariable] !== undefined) return undefined;
  const broker = await startRabbitmq();
  // Workers are started afterwards, and inherit the environment.
  process.env[coordinatesVariable] = JSON.stringify(broker.coordinates);
  return async () => {
    delete process.env[coordinatesVariable];
    await broker.remove();
  };
}
