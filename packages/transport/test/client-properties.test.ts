import { type Broker, startBroker } from '@leveret/broker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTransport } from '../src/index.js';

// RabbitMQ tells an operator less of them.
let broker: Broker;

beforeAll(async () => {
  broker = await startBroker();
});
afterAll(() => broker.close());

describe('the broker is told', () => {
  it("of each connection what oslo.messaging's clients tell: a name with program, pid and id, and what they understand", async () => {
    await using transport = createTransport(broker.url);
    await transport.connect();
    for (const { connectionName, clientProperties } of broker.connections()) {
      expect(connectionName).toMatch(new RegExp(`^[^:]+:${process.pid}:[0-9a-f]{8}-[0-9a-f-]{27}$`));
      expect(clientProperties).toMatchObject({
        product: 'leveret',
        capabilities: {
          authentication_failure_close: true,
          'connection.blocked': true,
          consumer_cancel_notify: true,
        },
      });
    }
    expect(broker.connections()).toHaveLength(2);
  });

  it('the name that the application chose', async () => {
    await using transport = createTransport(broker.url, { connectionName: 'billing' });
    await transport.connect();
    expect(broker.connections().map(({ connectionName }) => connectionName)).toEqual(['billing', 'billing']);
  });
});
