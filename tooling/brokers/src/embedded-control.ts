import type { Broker, ConnectionInfo as EmbeddedConnection } from '@leveret/broker';
import { type ConnectionInfo, uniqueName } from '@leveret/tooling-rabbitmq';
import { relayTls } from './embedded-tls.ts';
import type { BrokerControl } from './surface.ts';

// RabbitMQ's words for where a connection stands.
const states: Readonly<Record<EmbeddedConnection['status'], string>> = {
  handshake: 'tuning',
  open: 'running',
  blocking: 'blocking',
  blocked: 'blocked',
  closing: 'closing',
  closed: 'closed',
};

function connectionInfo(connection: EmbeddedConnection): ConnectionInfo {
  const { name, virtualHost, user, peerPort, status, channels, connectionName = '' } = connection;
  return { name, virtualHost, user, peerPort, state: states[status], channels, connectionName };
}

/** The operator's commands to an embedded broker, of which this is the first user. */
export function controlEmbedded(
  broker: Broker,
  user: { readonly username: string; readonly password: string },
): BrokerControl {
  return {
    hostname: broker.host,
    port: broker.port,
    ...user,
    url: broker.url,
    urlOf: (virtualHost, other = user) => broker.urlOf(virtualHost, other),
    createVirtualHost: async (name = uniqueName()) => {
      broker.createVirtualHost(name);
      return { name, url: broker.urlOf(name, user) };
    },
    deleteVirtualHost: async (name) => broker.deleteVirtualHost(name),
    addUser: async (username, password, permissions) =>
      broker.addUser(username, password, { virtualHost: '/', ...permissions }),
    deleteUser: async (username) => broker.deleteUser(username),
    changePassword: async (username, password) => broker.changePassword(username, password),
    setPermissions: async (username, permissions) =>
      broker.setPermissions(username, { virtualHost: '/', ...permissions }),
    refuseUser: async (username) => broker.clearPermissions(username),
    connections: async (virtualHost) =>
      broker
        .connections()
        .map(connectionInfo)
        .filter((connection) => virtualHost === undefined || connection.virtualHost === virtualHost),
    closeConnections: async (reason = 'closed by an operator', { match = () => true } = {}) =>
      broker.faults.closeConnections({ reason, match: (connection) => match(connectionInfo(connection)) }),
    queues: async (virtualHost) =>
      broker
        .queues(virtualHost)
        .map(({ name, messages, messagesReady, messagesUnacknowledged, consumers, durable, autoDelete }) => ({
          name,
          messages,
          messagesReady,
          messagesUnacknowledged,
          consumers,
          durable,
          autoDelete,
        })),
    exchanges: async (virtualHost) => broker.exchanges(virtualHost).map(({ name }) => name),
    deleteQueue: async (virtualHost, name) => broker.faults.deleteQueue(name, virtualHost),
    deleteExchange: async (virtualHost, name) => broker.faults.deleteExchange(name, virtualHost),
    raiseMemoryAlarm: async () => broker.faults.block(),
    clearMemoryAlarm: async () => broker.faults.unblock(),
    listenTls: (options = {}) => relayTls({ port: broker.port, ...user }, options),
  };
}
