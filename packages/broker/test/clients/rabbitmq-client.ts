import { Connection, type ConnectionOptions } from 'rabbitmq-client';
import { onTestFinished } from 'vitest';
import type { Broker } from '../../src/broker.js';

/** A connection of rabbitmq-client. */
export interface Client {
  readonly connection: Connection;
  /** The codes of the errors it told. */
  readonly told: string[];
}

/** A connection that reconnects quickly, and ends with the test. */
export async function clientOf(broker: Broker, options: ConnectionOptions = {}): Promise<Client> {
  const connection = new Connection({ url: broker.url, retryLow: 10, retryHigh: 40, ...options });
  const told: string[] = [];
  connection.on('error', (error) => told.push(error.code));
  onTestFinished(() => connection.unsafeDestroy());
  await connection.onConnect(5_000);
  return { connection, told };
}
