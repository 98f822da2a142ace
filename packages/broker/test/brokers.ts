import { describe } from 'vitest';
import { embedded } from './embedded-under-test.js';
import { rabbitmq } from './rabbitmq-under-test.js';

/** A user of the broker. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** What a user may do in one virtual host: regular expressions. What is left out is everything. */
export interface Permissions {
  readonly virtualHost: string;
  readonly configure?: string;
  readonly write?: string;
  readonly read?: string;
}

/** A broker as a behaviour suite sees it: one of several that must behave alike. */
export interface BrokerUnderTest extends Credentials {
  /** For the differences that the README lists; nothing else may ask. */
  readonly kind: 'rabbitmq' | 'embedded';
  /** For raw sockets. */
  readonly host: string;
  readonly port: number;
  /** This suite's own virtual host; on a foreign RabbitMQ the URL's, so every name must be unique. */
  readonly virtualHost: string;
  /** The URL of this suite's virtual host, for the user who may do everything. */
  readonly url: string;
  urlOf(virtualHost: string, user?: Credentials): string;
  /** A name that no other test uses. */
  uniqueName(prefix?: string): string;
}

/** A broker that we may command as its operator. */
export interface OperatedBroker extends BrokerUnderTest {
  /** Creates a virtual host in which the broker's first user may do everything; returns its name. */
  createVirtualHost(): Promise<string>;
  deleteVirtualHost(name: string): Promise<void>;
  /** Without permissions, the user authenticates and is refused every virtual host. */
  addUser(username: string, password: string, permissions?: Permissions): Promise<void>;
  deleteUser(username: string): Promise<void>;
  setPermissions(username: string, permissions: Permissions): Promise<void>;
  /** Closes the connections whose client property connection_name is this: 320 CONNECTION_FORCED. Returns how many. */
  closeConnections(connectionName: string, reason: string): Promise<number>;
  /** Deletes a queue whatever is in it. */
  deleteQueue(virtualHost: string, name: string): Promise<void>;
  /** Blocks every connection that publishes, until the alarm is cleared. */
  raiseMemoryAlarm(): Promise<void>;
  clearMemoryAlarm(): Promise<void>;
}

/** How a suite gets one kind of broker: registers its own hooks, and returns what reads it once they have run. */
export interface BrokerKind {
  readonly title: string;
  use(): () => BrokerUnderTest;
  useOperated(): () => OperatedBroker;
}

const kinds: readonly BrokerKind[] = [embedded, rabbitmq];

/** Runs a suite on every broker, each time in a fresh virtual host. `broker` is for hooks and tests, not for the suite's body. */
export function onEachBroker(title: string, suite: (broker: () => BrokerUnderTest) => void): void {
  for (const kind of kinds) {
    describe(`${title}, on ${kind.title}`, () => suite(kind.use()));
  }
}

/** The same for a suite that needs an operator's commands: with LEVERET_RABBITMQ_URL set it starts a RabbitMQ of its own. */
export function onEachOperatedBroker(title: string, suite: (broker: () => OperatedBroker) => void): void {
  for (const kind of kinds) {
    describe(`${title}, on ${kind.title}`, () => suite(kind.useOperated()));
  }
}
