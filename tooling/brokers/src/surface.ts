import type { Rabbitmq, RabbitmqAccess, RabbitmqControl } from '@leveret/tooling-rabbitmq';

/**
 * What an operator can do to either broker: all of `RabbitmqControl` but what needs Erlang. Each command means what it
 * means there.
 */
export type BrokerControl = Omit<RabbitmqControl, 'coordinates' | 'evaluate'>;

/** A broker for ordinary tests: one that they share, and must not break. */
export interface BrokerAccess extends Omit<RabbitmqAccess, 'control'> {
  /** The operator's commands; `undefined` on a RabbitMQ that we did not start, which is never touched. */
  readonly control: BrokerControl | undefined;
}

/** A broker that a test may break, in every way that both of them can be broken. */
export interface OwnBroker
  extends BrokerControl,
    Pick<Rabbitmq, 'freeze' | 'thaw' | 'kill' | 'stop' | 'restart' | 'remove'>,
    AsyncDisposable {}
