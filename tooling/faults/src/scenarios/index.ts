import type { Scenario } from '../scenario.ts';
import { blockedEventLoop } from './blocked-event-loop.ts';
import { channelErrors } from './channel-errors.ts';
import { forcedCloses } from './forced-closes.ts';
import { growth } from './growth.ts';
import { halfOpen } from './half-open.ts';
import { killedAndRestarted } from './killed-and-restarted.ts';
import { nodeKilled } from './node-killed.ts';
import { queueDeleted } from './queue-deleted.ts';
import { refusals } from './refusals.ts';
import { rollingRestart } from './rolling-restart.ts';
import { thousandClients } from './thousand-clients.ts';

/** All scenarios, in the order in which they are run: what leaves brokers whole first. */
export const scenarios: readonly Scenario[] = [
  forcedCloses,
  halfOpen,
  channelErrors,
  queueDeleted,
  refusals,
  blockedEventLoop,
  growth,
  killedAndRestarted,
  thousandClients,
  nodeKilled,
  rollingRestart,
];
