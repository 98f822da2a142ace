import { setTimeout as sleep } from 'node:timers/promises';
import { atMost, type Figure } from './figure.ts';
import type { Milestone } from './ledger.ts';
import { type Load, untilTrue } from './load.ts';

const milestones: readonly Milestone[] = ['confirms', 'deliveries'];

// What was under way at the fault still arrives a moment later, and is no sign of being back.
const aftermathMs = 500;

/** Resolves when confirms and deliveries have come again after a fault, or after `withinMs` at most, and a moment later. */
export async function untilBack(load: Load, faultAt: number, withinMs = 30_000): Promise<void> {
  const since = faultAt + aftermathMs;
  await untilTrue(() => milestones.every((what) => Number.isFinite(load.ledger.firstAfter(what, since))), withinMs);
  await sleep(300);
}

/** The longest gap that a fault has made, in confirms and in deliveries, beside the goal for both. */
export function gapFigures(load: Load, faultAt: number, goalMs: number): readonly Figure[] {
  return milestones.map((what) => {
    const name = what === 'confirms' ? 'publish gap' : 'consume gap';
    return atMost(name, load.ledger.longestGap(what, faultAt), goalMs);
  });
}
