import type { Backoff } from '@leveret/retry';

/** Where the waits come from; the defaults are for production, others for tests. */
export interface ReconnectBackoffOptions {
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: () => number;
  /** Milliseconds since any moment, never going back. Default `performance.now`. */
  readonly now?: () => number;
  /** A connection's moment within each period, in [0, 1). Default: spread evenly over the connections of this process. */
  readonly moment?: () => number;
}

// A connection that was closed while its broker is up is back at once.
const FIRST_MS = 100;
// A thousand clients of a broker that restarts come back evenly over this time, and the last of them, its handshake included,
// after 2 s.
const PERIOD_MS = 1_850;
// After ten minutes of an outage every fourth period is enough.
const PERIODS_AT_MOST = 4;
const GROW_AFTER = 100;
// A timer that fires this early has hit its moment: the next is a period away.
const EARLY_MS = 5;

/**
 * The default waits of a connection: up to 100 ms after a loss, then until its own moment in every period of 1.85 s; in long
 * outages in every second, third, and at last fourth period, so about every 8 s.
 *
 * Chance that is drawn for each wait gathers clients here and there: attempts of an outage that begins for all at once come
 * in waves. A moment that each has for itself keeps them apart however long it takes, and nobody waits longer than a period.
 */
export function reconnectBackoff(options: ReconnectBackoffOptions = {}): Backoff {
  const { random = Math.random, now = () => performance.now(), moment = nextMoment } = options;
  return {
    *[Symbol.iterator]() {
      const mine = moment();
      yield FIRST_MS * random();
      for (let made = 0; ; made += 1) {
        const periods = Math.min(PERIODS_AT_MOST, 1 + Math.floor(made / GROW_AFTER));
        const ahead = mine - (now() % PERIOD_MS) / PERIOD_MS;
        const untilMine = PERIOD_MS * (ahead < 0 ? ahead + 1 : ahead);
        yield untilMine + PERIOD_MS * (untilMine < EARLY_MS ? periods : periods - 1);
      }
    },
  };
}

// Multiples of the golden ratio, without their whole part, lie evenly in [0, 1), however many there are.
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;
let lastMoment = Math.random();

function nextMoment(): number {
  lastMoment = (lastMoment + GOLDEN_RATIO) % 1;
  return lastMoment;
}
