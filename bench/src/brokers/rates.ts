import { uniqueName } from '@leveret/tooling-rabbitmq';
import type { Failure, Findings, Sample } from '../run.ts';
import { openClient } from './client.ts';
import { type BrokerScenario, type Ground, rpcPair } from './scenarios.ts';
import type { Subject, SubjectKind } from './subject.ts';

/** What to run. */
export interface RatePlan {
  readonly subjects: readonly { readonly kind: SubjectKind; readonly subject: Subject }[];
  readonly scenarios: readonly BrokerScenario[];
  readonly rounds: number;
  readonly durationMs: number;
  readonly warmUpMs: number;
  progress(line: string): void;
  readonly signal: AbortSignal;
}

/** Round by round, scenario by scenario, all brokers right after one another; each round begins with another one of them. */
export async function measureRates(plan: RatePlan): Promise<Findings> {
  await using stack = new AsyncDisposableStack();
  const entrants: { readonly name: string; readonly ground: Ground }[] = [];
  for (const { kind, subject } of plan.subjects) {
    plan.progress(`connect: ${kind.name}`);
    const client = stack.use(await openClient(subject.url));
    const rpc = await rpcPair.start({ url: subject.url, name: uniqueName('bench') });
    stack.defer(() => rpc.stop());
    await rpc.calls?.({ concurrency: 100, size: 100, durationMs: plan.warmUpMs });
    entrants.push({ name: kind.name, ground: { pid: subject.pid, client, rpc } });
  }
  const samples: Sample[] = [];
  const failures: Failure[] = [];
  // Round 0 counts for nothing: brokers and client compile what they run most.
  for (let round = 0; round <= plan.rounds; round += 1) {
    for (const scenario of plan.scenarios) {
      for (const { name, ground } of rotated(entrants, round)) {
        if (plan.signal.aborted) return { samples, failures };
        const where = { round, contender: name, scenario: scenario.name };
        plan.progress(`round ${round} of ${plan.rounds}: ${scenario.name}, ${name}`);
        try {
          const figures = await scenario.run(ground, round === 0 ? plan.durationMs / 3 : plan.durationMs);
          if (round > 0) samples.push({ ...where, figures });
        } catch (error) {
          failures.push({ ...where, error: String(error) });
        }
      }
    }
  }
  return { samples, failures };
}

function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const from = by % items.length;
  return [...items.slice(from), ...items.slice(0, from)];
}
