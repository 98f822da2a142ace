import { bareAmqplib } from './adapters/bare-amqplib.ts';
import { leveret } from './adapters/leveret.ts';
import { oslo } from './adapters/oslo.ts';
import { rabbitmqClient } from './adapters/rabbitmq-client.ts';
import type { Contender } from './contender.ts';
import { type NodeContenderOptions, nodeContender } from './node-contender.ts';

/** Ours. */
export const OURS = 'leveret';
/** What ratios are relative to. */
export const BASE = 'bare';

/** Everyone who takes part, ours and the base first. */
export function allContenders(profile?: NodeContenderOptions['execArgv']): readonly Contender[] {
  const execArgv = profile === undefined ? {} : { execArgv: profile };
  return [
    nodeContender(OURS, leveret, execArgv),
    nodeContender(BASE, bareAmqplib, execArgv),
    nodeContender('rabbitmq-client', rabbitmqClient, execArgv),
    oslo,
    nodeContender('bare-as-shipped', bareAmqplib, { key: BASE, noDelay: false }),
    nodeContender('rabbitmq-client-as-shipped', rabbitmqClient, { key: 'rabbitmq-client', noDelay: false }),
  ];
}
