import type { ConnectionInfo } from '../connection-info.js';
import type { BrokerEvent } from '../events.js';

/** One line about what happened, for people. */
export function describeEvent(event: BrokerEvent): string {
  // What a client calls itself, or sends instead of AMQP, must not move the cursor or colour the terminal.
  return sentence(event).replaceAll(/\p{Cc}/gu, '?');
}

function sentence(event: BrokerEvent): string {
  switch (event.type) {
    case 'connection-opened':
      return `opened ${named(event.connection)} by ${event.connection.user} in ${event.connection.virtualHost}`;
    case 'connection-rejected':
      return `rejected ${event.peer}: ${event.reason}`;
    case 'connection-closed':
      return `closed ${named(event.connection)}: ${event.reason}`;
    case 'connection-blocked':
      return `blocked ${named(event.connection)}: ${event.reason}`;
    case 'connection-unblocked':
      return `unblocked ${named(event.connection)}`;
    case 'channel-closed':
      return `closed channel ${event.channel} of ${named(event.connection)}: ${event.code} ${event.text}`;
    case 'alarm-raised':
      return `publishers are blocked: ${event.reason}`;
    case 'alarm-cleared':
      return 'publishers may publish again';
  }
}

function named({ name, connectionName }: ConnectionInfo): string {
  return connectionName === undefined ? name : `${name} (${connectionName})`;
}
