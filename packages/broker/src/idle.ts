import { setTimeout as delay } from 'node:timers/promises';
import { BrokerError } from './errors.js';
import type { Session } from './session.js';
import type { VirtualHost } from './virtual-host.js';

/** What is looked at. */
export interface Busy {
  sessions(): readonly Session[];
  virtualHosts(): readonly VirtualHost[];
}

const LOOK_EVERY_MS = 5;
// What a client writes takes a moment to get here.
const QUIET_MS = 20;

/** Resolves when nothing is in flight and has not been for a moment; throws a BrokerError that says what is. */
export async function waitUntilIdle(broker: Busy, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let quietSince = performance.now();
  for (;;) {
    const doings = whatGoesOn(broker);
    const now = performance.now();
    if (doings.length > 0) quietSince = now;
    // Octets that came in between are doings too, though all is settled again.
    for (const { wire } of broker.sessions()) quietSince = Math.max(quietSince, wire.lastReceived, wire.lastSent);
    if (now - quietSince >= QUIET_MS) return;
    if (now >= deadline) {
      const what = doings.length > 0 ? doings.join('; ') : 'clients go on sending';
      throw new BrokerError('ERR_LEVERET_BROKER_NOT_IDLE', `The broker was not idle within ${timeoutMs} ms: ${what}.`);
    }
    await delay(LOOK_EVERY_MS);
  }
}

function whatGoesOn(broker: Busy): string[] {
  const doings: string[] = [];
  for (const host of broker.virtualHosts()) {
    for (const { name, definition, readyCount, unacknowledgedCount, consumerCount } of host.allQueues()) {
      const where = `queue ${name} in ${host.name}`;
      if (unacknowledgedCount > 0) doings.push(`${where} has ${unacknowledgedCount} unacknowledged`);
      // What was read stays in a stream; who has not read on yet has not acknowledged.
      if (readyCount > 0 && consumerCount > 0 && definition.type !== 'stream')
        doings.push(`${where} has ${readyCount} to deliver`);
    }
  }
  for (const session of broker.sessions()) {
    const who = `connection ${session.name}`;
    if (session.wire.pending) doings.push(`${who} has not read all that it was sent`);
    if (session.info().status === 'blocked') doings.push(`${who} is blocked`);
    if (session.channels.some(({ unfinished }) => unfinished)) doings.push(`${who} has sent half a message`);
    const owed = session.channels.reduce((sum, { confirms }) => sum + (confirms?.heldCount ?? 0), 0);
    if (owed > 0) doings.push(`${who} is owed ${owed} confirms`);
  }
  return doings;
}
