import type { Figures, Session } from './contender.ts';
import type { Ground, Scenario } from './scenarios.ts';

/** So many unconfirmed, or unacknowledged, at a time; and what a second of deliveries takes at most. */
const WINDOWS = [
  { window: 1, perSecond: 10_000 },
  { window: 10, perSecond: 30_000 },
  { window: 100, perSecond: 50_000 },
  { window: 1_000, perSecond: 50_000 },
];

/** Confirmed publishes into a queue that nobody reads. @throws Error when the broker does not hold what it has confirmed. */
async function publish({ publishes }: Session, { broker, url, profile }: Ground, window: number, durationMs: number) {
  if (publishes === undefined) return undefined;
  const queue = await broker.fillQueue(url, 0);
  let figures: Figures;
  let held = 0;
  try {
    figures = await publishes(queue, { concurrency: window, size: 100, durationMs, profile });
  } finally {
    held = await broker.deleteQueue(url, queue);
  }
  const { confirmed = Number.NaN } = figures;
  if (!(held >= confirmed)) throw new Error(`${confirmed} messages were confirmed, and ${held} are in the queue.`);
  return figures;
}

/** Deliveries, each acknowledged, out of a queue that was filled before. @throws Error when an acknowledgement is missing. */
async function consume(
  { deliveries }: Session,
  { broker, url, profile }: Ground,
  prefetch: number,
  count: number,
  durationMs: number,
) {
  if (deliveries === undefined) return undefined;
  const queue = await broker.fillQueue(url, count);
  let figures: Figures;
  let left = 0;
  try {
    figures = await deliveries(queue, { prefetch, count, durationMs, profile });
  } finally {
    left = await broker.deleteQueue(url, queue);
  }
  const { acked = Number.NaN } = figures;
  // Who closes while messages arrive may handle some whose acknowledgement comes too late.
  const late = acked === count ? 0 : prefetch;
  if (!(left <= count - acked + late)) {
    throw new Error(`${acked} of ${count} messages were acknowledged, and ${left} are left.`);
  }
  return figures;
}

async function warmUp(session: Session, ground: Ground): Promise<void> {
  const durationMs = ground.pace.warmUpMs / 3;
  await publish(session, ground, 100, durationMs);
  await consume(session, ground, 100, Math.floor(durationMs * 20), durationMs);
}

function oneWay(shipped: boolean): readonly Scenario[] {
  const prefix = shipped ? 'shipped-' : '';
  const common = { with: shipped ? 'as-shipped' : 'no-delay', warmUp } as const;
  return [
    ...WINDOWS.map(({ window }) => ({
      ...common,
      name: `${prefix}publish-${window}`,
      title: `window ${window}`,
      run: (session: Session, ground: Ground) => publish(session, ground, window, ground.pace.durationMs),
    })),
    ...WINDOWS.map(({ window, perSecond }) => ({
      ...common,
      name: `${prefix}consume-${window}`,
      title: `prefetch ${window}`,
      run: (session: Session, ground: Ground) => {
        const { durationMs } = ground.pace;
        return consume(session, ground, window, Math.floor((perSecond * durationMs) / 1000), durationMs);
      },
    })),
  ];
}

/** Messages of 100 bytes in one direction only. */
export const oneWayScenarios: readonly Scenario[] = [...oneWay(false), ...oneWay(true)];
