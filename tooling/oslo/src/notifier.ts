import { askByLine } from './ask.ts';
import { type OsloPeerOptions, type Peer, startPeer } from './peer.ts';

/** A notification of a Python notifier; the names are oslo.messaging's. */
export interface OsloNotification {
  readonly priority: 'audit' | 'debug' | 'info' | 'warn' | 'error' | 'critical' | 'sample';
  readonly event_type: string;
  readonly payload?: unknown;
  readonly context?: Readonly<Record<string, unknown>>;
  readonly publisher_id?: string;
  /** Default: messagingv2. */
  readonly driver?: 'messagingv2' | 'messaging';
  /** Default: the notifier's topic. */
  readonly topics?: readonly string[];
  readonly retry?: number;
}

/** A notifier in Python. */
export interface OsloNotifier extends Omit<Peer, 'write'> {
  /** Sends a notification, one after the other. It resolves also when it was not sent: oslo.messaging tells nobody. */
  notify(notification: OsloNotification): Promise<void>;
}

/**
 * Starts an oslo.messaging notifier.
 *
 * @throws {OsloToolingError} ERR_LEVERET_TOOLING_NO_OSLO, ERR_LEVERET_TOOLING_PEER_ENDED (of `notify`, too)
 */
export async function startOsloNotifier(options: OsloPeerOptions): Promise<OsloNotifier> {
  const args = [...(options.args ?? []), 'notifications'];
  const { write, ...peer } = await startPeer('notify', { ...options, args });
  const ask = askByLine({ write, line: peer.line });
  return { ...peer, notify: async (notification) => void (await ask(notification)) };
}
