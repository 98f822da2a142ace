import type { Counters } from './counters.js';
import type { DirectReplies } from './direct-replies.js';
import type { BrokerEvent } from './events.js';
import type { HangingQueues } from './hanging-queues.js';
import type { Memory } from './memory.js';
import type { Settings } from './options.js';
import type { PublishSeam } from './publish-seam.js';
import type { Session } from './session.js';
import type { Users } from './users.js';
import type { VirtualHost } from './virtual-host.js';

/** What a session needs of the broker it is a part of. */
export interface SessionHost {
  readonly settings: Settings;
  readonly users: Users;
  readonly memory: Memory;
  readonly counters: Counters;
  readonly publishSeam: PublishSeam;
  readonly hangingQueues: HangingQueues;
  readonly directReplies: DirectReplies;
  findVirtualHost(name: string): VirtualHost | undefined;
  tell(event: BrokerEvent): void;
  /** The session's socket is gone. */
  ended(session: Session): void;
}
