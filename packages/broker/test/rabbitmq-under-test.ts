import { type RabbitmqControl, startRabbitmq, uniqueName, useRabbitmq } from '@leveret/tooling-rabbitmq';
import { afterAll, beforeAll } from 'vitest';
import type { BrokerKind, BrokerUnderTest, OperatedBroker } from './brokers.js';

function onUrl(url: string): BrokerUnderTest {
  const { hostname, port, username, password, pathname } = new URL(url);
  const urlOf: BrokerUnderTest['urlOf'] = (virtualHost, user) => {
    const other = new URL(url);
    other.pathname = `/${encodeURIComponent(virtualHost)}`;
    if (user !== undefined) {
      other.username = encodeURIComponent(user.username);
      other.password = encodeURIComponent(user.password);
    }
    return other.href;
  };
  return {
    kind: 'rabbitmq',
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port || 5672),
    username: decodeURIComponent(username || 'guest'),
    password: decodeURIComponent(password || 'guest'),
    virtualHost: pathname.length > 1 ? decodeURIComponent(pathname.slice(1)) : '/',
    url,
    urlOf,
    uniqueName,
  };
}

function operated(control: RabbitmqControl, url: string): OperatedBroker {
  return {
    ...onUrl(url),
    createVirtualHost: async () => (await control.createVirtualHost()).name,
    deleteVirtualHost: (name) => control.deleteVirtualHost(name),
    addUser: async (username, password, permissions) => {
      await control.addUser(username, password, permissions);
      if (permissions === undefined) await control.refuseUser(username);
    },
    deleteUser: (username) => control.deleteUser(username),
    setPermissions: (username, permissions) => control.setPermissions(username, permissions),
    closeConnections: (connectionName, reason) =>
      control.closeConnections(reason, { match: (connection) => connection.connectionName === connectionName }),
    deleteQueue: (virtualHost, name) => control.deleteQueue(virtualHost, name),
    raiseMemoryAlarm: () => control.raiseMemoryAlarm(),
    clearMemoryAlarm: () => control.clearMemoryAlarm(),
  };
}

function started<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The broker is there for hooks and tests, not while the suite is defined.');
  return value;
}

/** RabbitMQ: the one that all tests share, or for operated suites one that may be commanded. */
export const rabbitmq: BrokerKind = {
  title: 'RabbitMQ',
  use: () => {
    let broker: BrokerUnderTest | undefined;
    let release: (() => Promise<void>) | undefined;
    beforeAll(async () => {
      const access = await useRabbitmq();
      release = access.release;
      broker = onUrl((await access.virtualHostForTestFile()).url);
    });
    afterAll(() => release?.());
    return () => started(broker);
  },
  useOperated: () => {
    let broker: OperatedBroker | undefined;
    let release: (() => Promise<void>) | undefined;
    beforeAll(async () => {
      const access = await useRabbitmq();
      release = access.release;
      let control = access.control;
      if (control === undefined) {
        // A foreign broker is never commanded.
        const own = await startRabbitmq();
        control = own;
        release = own.remove;
      }
      broker = operated(control, (await control.createVirtualHost()).url);
    });
    afterAll(() => release?.());
    return () => started(broker);
  },
};
