/** The environment variable that chooses the broker of a run. A vitest project sets it for its workers. */
const kindVariable = 'LEVERET_TOOLING_BROKER';

/** The brokers there are: RabbitMQ, and the one of `@leveret/broker` in the process of the test. */
export type BrokerKind = 'rabbitmq' | 'embedded';

/** What LEVERET_TOOLING_BROKER says. Default: rabbitmq. */
export function brokerKind(): BrokerKind {
  const kind = process.env[kindVariable];
  if (kind === undefined || kind === '') return 'rabbitmq';
  if (kind === 'rabbitmq' || kind === 'embedded') return kind;
  throw new Error(`${kindVariable} takes rabbitmq or embedded; it is ${kind}.`);
}
