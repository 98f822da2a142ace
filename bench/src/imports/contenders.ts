/** What is loaded. */
export interface Loaded {
  /** As it is imported. */
  readonly specifier: string;
  /** The specifier of what it is compared with. */
  readonly beside: string;
}

/** What loading nothing costs, in each of these processes: Node's own `import()`, for the first time. */
export const NOTHING = 'nothing';

const amqp = [
  'amqplib',
  '@leveret/transport',
  '@leveret/rpc',
  '@leveret/rpc/notify',
  'rabbitmq-client',
  'amqp-connection-manager',
  '@cloudamqp/amqp-client',
].map((specifier) => ({ specifier, beside: 'amqplib' }));

const leaves = ['@leveret/url', '@leveret/heartbeat', '@leveret/retry', 'p-retry', 'cockatiel', 'undici'].map(
  (specifier) => ({ specifier, beside: '@leveret/retry' }),
);

/** Ours and what a user might load in their place: AMQP clients beside amqplib, smaller things beside @leveret/retry. */
export const allLoaded: readonly Loaded[] = [...amqp, { specifier: '@leveret/broker', beside: 'amqplib' }, ...leaves];
