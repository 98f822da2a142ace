import type { Socket } from 'node:net';
import { type Counters, newCounters } from './counters.js';
import { DirectReplies } from './direct-replies.js';
import { BrokerError } from './errors.js';
import type { BrokerEvent } from './events.js';
import type { FaultyBroker } from './fault-box.js';
import { HangingQueues } from './hanging-queues.js';
import type { Busy } from './idle.js';
import { Memory } from './memory.js';
import type { Settings } from './options.js';
import { PublishSeam } from './publish-seam.js';
import { Session } from './session.js';
import type { SessionHost } from './session-host.js';
import { Users } from './users.js';
import { VirtualHost } from './virtual-host.js';
import { warn } from './warning.js';

/** What all sessions of a broker share, whether somebody listens or not. */
export class BrokerCore implements SessionHost, FaultyBroker, Busy {
  readonly settings: Settings;
  readonly users: Users = new Users();
  readonly memory: Memory;
  readonly counters: Counters = newCounters();
  readonly publishSeam: PublishSeam = new PublishSeam();
  readonly hangingQueues: HangingQueues = new HangingQueues();
  readonly directReplies: DirectReplies = new DirectReplies();
  readonly arrivals: Set<(session: Session) => void> = new Set();
  readonly #virtualHosts = new Map<string, VirtualHost>();
  readonly #sessions = new Set<Session>();
  #emptied: (() => void) | undefined;

  constructor(settings: Settings) {
    this.settings = settings;
    this.memory = new Memory(settings.limits.memoryBytes, {
      alarmRaised: (reason) => this.tell({ type: 'alarm-raised', reason }),
      alarmCleared: () => {
        this.tell({ type: 'alarm-cleared' });
        for (const session of this.#sessions) session.unblock();
      },
    });
    for (const [name, password] of settings.users) this.users.add(name, password);
    for (const name of settings.virtualHosts) this.createVirtualHost(name);
  }

  createVirtualHost(name: string): void {
    if (this.#virtualHosts.has(name)) {
      throw new BrokerError('ERR_LEVERET_BROKER_STATE', `There is a virtual host ${name} already.`);
    }
    const { limits } = this.settings;
    this.#virtualHosts.set(name, new VirtualHost(name, { account: this.memory.account, limits }));
  }

  deleteVirtualHost(name: string): void {
    const host = this.virtualHost(name);
    this.#virtualHosts.delete(name);
    for (const session of this.sessionsIn(name)) session.close(320, `CONNECTION_FORCED - vhost '${name}' is deleted`);
    host.close();
  }

  deleteUser(name: string): void {
    this.users.delete(name);
    const theirs = this.sessions().filter(({ user }) => user === name);
    for (const session of theirs) session.close(320, `CONNECTION_FORCED - user '${name}' is deleted`);
  }

  findVirtualHost(name: string): VirtualHost | undefined {
    return this.#virtualHosts.get(name);
  }

  virtualHost(name: string): VirtualHost {
    const host = this.#virtualHosts.get(name);
    if (host !== undefined) return host;
    throw new BrokerError(
      'ERR_LEVERET_BROKER_NOT_FOUND',
      `There is no virtual host ${name}; createVirtualHost makes one.`,
    );
  }

  virtualHosts(name?: string): readonly VirtualHost[] {
    return name === undefined ? [...this.#virtualHosts.values()] : [this.virtualHost(name)];
  }

  sessions(): readonly Session[] {
    return [...this.#sessions];
  }

  /** The sessions in one virtual host, or all. */
  sessionsIn(virtualHost: string | undefined): readonly Session[] {
    return this.sessions().filter(
      (session) => virtualHost === undefined || (session.hasVirtualHost && session.virtualHost.name === virtualHost),
    );
  }

  accept(socket: Socket, reset: () => void, running: boolean): void {
    const session = new Session(this, socket, reset);
    this.#sessions.add(session);
    const { connections } = this.settings.limits;
    if (!running) {
      session.wire.reset('the broker is not running');
    } else if (this.#sessions.size > connections) {
      session.wire.drop(`there are ${connections} connections already`);
    } else {
      for (const arrival of [...this.arrivals]) arrival(session);
    }
  }

  ended(session: Session): void {
    this.#sessions.delete(session);
    if (this.#sessions.size === 0) this.#emptied?.();
  }

  /** Resolves when there is no session left. */
  empty(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#sessions.size === 0) resolve();
      else this.#emptied = resolve;
    });
  }

  tell(event: BrokerEvent): void {
    try {
      this.settings.onEvent?.(event);
    } catch (error) {
      // A listener's fault must not reach the client whose event it was told.
      warn(error);
    }
  }
}
