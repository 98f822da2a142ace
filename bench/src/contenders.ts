import type { Adapter } from './adapter.ts';
import { amqpConnectionManager } from './adapters/amqp-connection-manager.ts';
import { bareAmqplib } from './adapters/bare-amqplib.ts';
import { cloudamqp } from './adapters/cloudamqp.ts';
import { leveret } from './adapters/leveret.ts';
import { nestjs } from './adapters/nestjs.ts';
import { oslo } from './adapters/oslo.ts';
import { rabbitmqClient } from './adapters/rabbitmq-client.ts';
import type { Contender } from './contender.ts';
import { nodeContender } from './node-contender.ts';

/** Ours. */
export const OURS = 'leveret';
/** What ratios are relative to. */
export const BASE = 'bare';

/** Everyone who takes part, ours and the base first. */
export const allContenders: readonly Contender[] = [
  nodeContender(OURS, leveret),
  nodeContender(BASE, bareAmqplib),
  nodeContender('rabbitmq-client', rabbitmqClient),
  nodeContender('amqp-connection-manager', amqpConnectionManager),
  nodeContender('cloudamqp', cloudamqp),
  nodeContender('nestjs', nestjs),
  oslo,
  asShipped(BASE, bareAmqplib),
  asShipped('rabbitmq-client', rabbitmqClient),
  asShipped('amqp-connection-manager', amqpConnectionManager),
  asShipped('cloudamqp', cloudamqp),
  asShipped('nestjs', nestjs),
];

function asShipped(key: string, adapter: Adapter): Contender {
  return nodeContender(`${key}-as-shipped`, adapter, { key, noDelay: false });
}
