import { setTimeout as delay } from 'node:timers/promises';
import { type Broker, startBroker } from '@leveret/broker';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createTransport, type Transport, type TransportOptions } from './index.js';

let broker: Broker;

beforeAll(async () => {
  broker = await startBroker();
});
afterAll(() => broker.close());

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(1);
}

/** A transport that has no patience with its broker, and is back at once. */
function open(options: TransportOptions = {}): Transport {
  const transport = createTransport(broker.url, { connectTimeoutMs: 300, reconnectBackoff: [1, 1, 1], ...options });
  onTestFinished(() => transport.close({ drainMs: 0 }));
  return transport;
}

const queue = (name: string) => ({ queue: { name, autoDelete: true } });

describe('a queue that hangs when its consumer comes back', () => {
  it('does not keep the connection from the others, and is consumed once it is answered', async () => {
    const lost: string[] = [];
    const transport = open({
      onEvent: ({ type }) => {
        if (type === 'connection-attempt-failed' || type === 'connection-lost') lost.push(type);
      },
    });
    const received: string[] = [];
    for (const name of ['hangs', 'fine']) {
      await transport.consume(queue(name), ({ ack }) => {
        received.push(name);
        ack();
      });
    }
    const fault = broker.faults.hangQueue('hangs');
    broker.faults.resetConnections();
    await until(() => lost.includes('connection-lost') && transport.health().consumers.active === 1);
    await until(() => transport.health().consume === 'open');

    await transport.publish({ routingKey: 'fine' }, 'x');
    await until(() => received.includes('fine'));
    expect(transport.health()).toMatchObject({ live: true, ready: false, consumers: { active: 1, total: 2 } });
    // For twice as long as would have ended the connection.
    await delay(600);
    expect(lost).toEqual(expect.not.arrayContaining(['connection-attempt-failed']));

    fault.stop();
    await until(() => transport.health().ready);
    await transport.publish({ routingKey: 'hangs' }, 'x');
    await until(() => received.includes('hangs'));
  });

  it('ends a consumer that would rather have another, and says so', async () => {
    const ends: unknown[] = [];
    const transport = open({
      onEvent: (event) => {
        if (event.type === 'consumer-ended') ends.push(event);
      },
    });
    const consumer = await transport.consume(queue('own'), () => {}, { answerTimeoutMs: 400 });
    using _fault = broker.faults.hangQueue('own');
    broker.faults.resetConnections();
    const end = await consumer.closed;
    expect(end).toMatchObject({ reason: 'unanswered', error: { code: 'ERR_LEVERET_UNANSWERED', queue: 'own' } });
    expect(ends).toEqual([{ type: 'consumer-ended', queue: 'own', ...end }]);
    expect(transport.health().consumers.total).toBe(0);
  });
});

describe('a queue that hangs when it is consumed for the first time', () => {
  it('fails consume() after its answerTimeoutMs, and another queue does', async () => {
    const transport = open();
    using fault = broker.faults.hangQueue('first');
    await expect(transport.consume(queue('first'), () => {}, { answerTimeoutMs: 50 })).rejects.toMatchObject({
      name: 'UnansweredError',
      code: 'ERR_LEVERET_UNANSWERED',
      message: expect.stringContaining("'first' unanswered for 50 ms"),
    });
    expect(fault.hits).toBe(1);
    await transport.consume(queue('second'), () => {}, { answerTimeoutMs: 5_000 });
    await until(() => transport.health().ready);
    expect(transport.health().consumers).toEqual({ active: 1, total: 1 });
  });

  it('is not to blame while the broker answers nothing at all', async () => {
    const transport = open();
    await transport.connect();
    const freeze = broker.faults.freeze();
    const consuming = transport.consume(queue('frozen'), () => {}, { answerTimeoutMs: 600 });
    await delay(900);
    freeze.stop();
    await expect(consuming).resolves.toMatchObject({ queue: 'frozen', active: true });
  });

  it.each([0, Number.NaN, 2 ** 31])('takes no answerTimeoutMs of %s', async (answerTimeoutMs) => {
    await expect(open().consume(queue('q'), () => {}, { answerTimeoutMs })).rejects.toThrow(
      `answerTimeoutMs must be a number of milliseconds from 1, below 2^31, got ${answerTimeoutMs}.`,
    );
  });
});
