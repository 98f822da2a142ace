import { useRabbitmq } from '@leveret/tooling-rabbitmq';
import { brokerKind } from './broker-kind.ts';
import type { BrokerAccess } from './surface.ts';

/**
 * The broker of this run: RabbitMQ as `useRabbitmq()` finds it, or an embedded one that this call starts. Tests that
 * break a broker use `startOwnBroker()` instead.
 *
 * @throws {RabbitmqToolingError} as `useRabbitmq()` does.
 */
export async function useBroker(): Promise<BrokerAccess> {
  if (brokerKind() === 'rabbitmq') return await useRabbitmq();
  const { useEmbedded } = await import('./embedded.ts');
  return await useEmbedded();
}
