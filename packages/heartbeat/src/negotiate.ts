import { HeartbeatOptionError } from './errors.js';

/**
 * Whose habit to follow.
 * `py-amqp`: as oslo's client. A client's 0 means no heartbeat; a server's 0 leaves it to the client; else the smaller.
 * `rabbitmq`: as RabbitMQ's own Java client. A 0 on either side leaves it to the other; else the smaller.
 * `client-wins`: as pika. What the client says goes, 0 too; RabbitMQ takes whatever Tune-Ok says.
 */
export type NegotiationRule = 'py-amqp' | 'rabbitmq' | 'client-wins';

/**
 * The heartbeat for Tune-Ok, in seconds as AMQP has it; 0 is none.
 *
 * @param client What we want, in seconds; `undefined` leaves it to the server. oslo: heartbeat_timeout_threshold.
 * @param server What the server's Tune proposed, in seconds.
 * @param rule Default `py-amqp`: it is what oslo does, and the only rule by which a client can decline without overruling.
 * @throws {HeartbeatOptionError} when a side is not a whole number of 16 bits.
 */
export function negotiate(client: number | undefined, server: number, rule: NegotiationRule = 'py-amqp'): number {
  if (client !== undefined) requireSeconds('client', client);
  requireSeconds('server', server);
  if (client === undefined) return server;
  if (rule === 'client-wins') return client;
  if (client === 0) return rule === 'py-amqp' ? 0 : server;
  return server === 0 ? client : Math.min(client, server);
}

/** Throws unless `seconds` is what the heartbeat field of Tune and Tune-Ok can carry. */
export function requireSeconds(option: string, seconds: number): void {
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= 0xffff) return;
  throw new HeartbeatOptionError(
    option,
    seconds,
    `Negotiating the heartbeat: ${option} is ${seconds}; AMQP carries whole seconds from 0 to 65535.`,
  );
}
