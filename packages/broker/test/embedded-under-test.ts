import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { type Broker, startBroker } from '../src/index.js';
import type { BrokerKind, OperatedBroker } from './brokers.js';

function uniqueName(prefix = 'test'): string {
  return `${prefix}-${randomBytes(6).toString('hex')}`;
}

function operated(broker: Broker): OperatedBroker {
  const virtualHost = uniqueName('vhost');
  broker.createVirtualHost(virtualHost);
  const credentials = { username: 'guest', password: 'guest' };
  return {
    kind: 'embedded',
    host: broker.host,
    port: broker.port,
    ...credentials,
    virtualHost,
    url: broker.urlOf(virtualHost),
    urlOf: (name, user) => broker.urlOf(name, user),
    uniqueName,
    createVirtualHost: async () => {
      const name = uniqueName('vhost');
      broker.createVirtualHost(name);
      return name;
    },
    deleteVirtualHost: async (name) => broker.deleteVirtualHost(name),
    addUser: async (username, password, permissions) => {
      broker.addUser(username, password, permissions);
      if (permissions === undefined) broker.clearPermissions(username);
    },
    deleteUser: async (username) => broker.deleteUser(username),
    setPermissions: async (username, permissions) => broker.setPermissions(username, permissions),
    closeConnections: async (connectionName, reason) =>
      broker.faults.closeConnections({ match: connectionName, reason }),
    deleteQueue: async (name, queue) => broker.faults.deleteQueue(queue, name),
    raiseMemoryAlarm: async () => broker.faults.block(),
    clearMemoryAlarm: async () => broker.faults.unblock(),
  };
}

function use(): () => OperatedBroker {
  let broker: Broker | undefined;
  let under: OperatedBroker | undefined;
  beforeAll(async () => {
    broker = await startBroker();
    under = operated(broker);
  });
  afterAll(() => broker?.close());
  return () => {
    if (under === undefined)
      throw new Error('The broker is there for hooks and tests, not while the suite is defined.');
    return under;
  };
}

/** The embedded broker, a fresh one for each suite. */
export const embedded: BrokerKind = { title: 'the embedded broker', use, useOperated: use };
