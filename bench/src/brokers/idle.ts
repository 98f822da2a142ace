import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from 'amqplib';
import { residentMbOf } from './process-figures.ts';
import { RABBITMQ, type SubjectKind } from './subject.ts';

/** Memory that is held while nothing happens, in MB. */
export interface Idle {
  /** What startBroker() adds to its process, the package itself included. */
  readonly embedded: { readonly rssMb: number; readonly heapMb: number };
  /** What so many connections add to it, each with a channel and a queue. */
  readonly embeddedConnections: { readonly rssMb: number; readonly heapMb: number };
  /** The process of RabbitMQ, and what the same connections add; undefined when it does not take part. */
  readonly rabbitmq: { readonly rssMb: number; readonly connectionsMb: number } | undefined;
  readonly connections: number;
}

interface Memory {
  readonly rssMb: number;
  readonly heapMb: number;
}

const SETTLE_MS = 3_000;
const AT_ONCE = 20;

/** Looks at the memory of brokers that do nothing. */
export async function measureIdle(
  kinds: readonly SubjectKind[],
  connections: number,
  progress: (line: string) => void,
): Promise<Idle> {
  progress(`memory: embedded, ${connections} connections`);
  const child = fork(fileURLToPath(new URL('./idle-main.ts', import.meta.url)), { execArgv: ['--expose-gc'] });
  try {
    const [{ url, before, started }] = (await once(child, 'message')) as [
      { url: string; before: Memory; started: Memory },
    ];
    const connected = await withConnections(url, connections, async () => {
      child.send('look');
      const [memory] = (await once(child, 'message')) as [Memory];
      return memory;
    });
    const rabbitmq = kinds.find(({ name }) => name === RABBITMQ);
    if (rabbitmq !== undefined) progress(`memory: rabbitmq, ${connections} connections`);
    return {
      embedded: difference(started, before),
      embeddedConnections: difference(connected, started),
      rabbitmq: rabbitmq === undefined ? undefined : await idleProcess(rabbitmq, connections),
      connections,
    };
  } finally {
    child.disconnect();
  }
}

async function idleProcess(
  kind: SubjectKind,
  connections: number,
): Promise<{ readonly rssMb: number; readonly connectionsMb: number }> {
  await using subject = await kind.start([]);
  await sleep(SETTLE_MS);
  const rssMb = residentMbOf(subject.pid);
  const connectedMb = await withConnections(subject.url, connections, async () => {
    await sleep(SETTLE_MS);
    return residentMbOf(subject.pid);
  });
  return { rssMb, connectionsMb: connectedMb - rssMb };
}

async function withConnections<T>(url: string, count: number, use: () => Promise<T>): Promise<T> {
  const models: Awaited<ReturnType<typeof connect>>[] = [];
  let left = count;
  const open = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const model = await connect(url, { noDelay: true });
      models.push(model);
      await (await model.createChannel()).assertQueue('', { exclusive: true });
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, open));
    return await use();
  } finally {
    await Promise.all(models.map((model) => model.close()));
  }
}

function difference(one: Memory, other: Memory): Memory {
  return { rssMb: one.rssMb - other.rssMb, heapMb: one.heapMb - other.heapMb };
}
