import { startRabbitmq } from '@leveret/tooling-rabbitmq';
import { brokerKind } from './broker-kind.ts';
import type { OwnBroker } from './surface.ts';

/**
 * Starts a broker of the kind of this run, for one test file alone.
 *
 * @throws {RabbitmqToolingError} as `startRabbitmq()` does.
 */
export async function startOwnBroker(): Promise<OwnBroker> {
  // Loaded when asked for: a run on RabbitMQ needs no build of the embedded broker.
  if (brokerKind() === 'rabbitmq') return await startRabbitmq();
  const { startEmbedded } = await import('./embedded.ts');
  return await startEmbedded();
}
