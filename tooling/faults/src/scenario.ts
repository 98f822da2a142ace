import type { CreateClient } from './client.ts';
import type { ClientName } from './clients.ts';
import type { Figure } from './figure.ts';
import { exactly, told } from './figure.ts';
import type { LedgerCounts } from './ledger.ts';
import type { Load } from './load.ts';
import type { Stage } from './stage.ts';

/** What a scenario is given. */
export interface ScenarioContext {
  /** Brokers to break. */
  readonly stage: Stage;
  readonly createClient: CreateClient;
  /** For other processes, which make their clients themselves. */
  readonly clientName: ClientName;
  /** The long form: more of everything whose amount is not in the goal. */
  readonly long: boolean;
  /** Tells the reader of a run something that explains a figure. */
  note(text: string): void;
}

/** One fault, brought about under load, and measured. */
export interface Scenario {
  /** kebab-case, for `--only`. */
  readonly name: string;
  /** The row of the table. */
  readonly title: string;
  /** The goal in words. */
  readonly goal: string;
  run(context: ScenarioContext): Promise<readonly Figure[]>;
}

/** Ends a load and tells of what no fault may do: reject, lose or hang a message. Duplicates are allowed, and told. */
export async function closeBooks(load: Load, { note }: Pick<ScenarioContext, 'note'>): Promise<readonly Figure[]> {
  const counts = await load.stop();
  for (const [reason, times] of load.ledger.reasons) note(`rejected as '${reason}': ${times}`);
  return nothingLost(counts);
}

/** The figures of books that are closed. */
export function nothingLost(counts: LedgerCounts): readonly Figure[] {
  return [
    exactly('rejected', counts.rejected, 0),
    exactly('lost', counts.lost, 0),
    exactly('hung', counts.hung, 0),
    told('duplicated', counts.duplicated),
    told('of', counts.published),
  ];
}
