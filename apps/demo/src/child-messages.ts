import type { Broker, CutKind } from './broker.ts';
import type { HostEvent, HostOptions } from './compute-host.ts';

/** What a child process is told. The first order says what it is. */
export type Order =
  | { readonly type: 'be-broker' }
  | { readonly type: 'be-host'; readonly options: Omit<HostOptions, 'onEvent'> }
  | { readonly type: 'cut'; readonly number: number }
  /** Ends it, when all is tidied up. */
  | { readonly type: 'stop' };

/** What a child process tells. */
export type Report =
  | { readonly type: 'broker-started'; readonly broker: Pick<Broker, 'url' | 'host' | 'cutsInWords'> }
  | { readonly type: 'host-started' }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'host-event'; readonly event: HostEvent }
  | { readonly type: 'cut-done'; readonly connections: number; readonly kind: CutKind };
