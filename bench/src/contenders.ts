import { bareAmqplib } from './adapters/bare-amqplib.ts';
import { leveret } from './adapters/leveret.ts';
import { oslo } from './adapters/oslo.ts';
import { rabbitmqClient } from './adapters/rabbitmq-client.ts';
import type { Contender } from './contender.ts';
import { nodeContender } from './node-contender.ts';

/** Ours. */
export const OURS = 'leveret';
/** What ratios are relative to. */
export const BASE = 'bare';

/** Everyone who takes part, ours and the base first. @param serverExecArgv options of Node for their servers. */
export function allContenders(serverExecArgv: readonly string[] = []): readonly Contender[] {
  const options = { serverExecArgv };
  return [
    nodeContender(OURS, leveret, options),
    nodeContender(BASE, bareAmqplib, options),
    nodeContender('rabbitmq-client', rabbitmqClient, options),
    oslo,
    nodeContender('bare-as-shipped', bareAmqplib, { key: BASE, noDelay: false }),
    nodeContender('rabbitmq-client-as-shipped', rabbitmqClient, { key: 'rabbitmq-client', noDelay: false }),
  ];
}
