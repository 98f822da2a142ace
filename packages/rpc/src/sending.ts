import type { ResolvedSettings } from './client-options.js';
import type { RequestScope } from './request-scope.js';

/** A call or cast on its way out. */
export interface Sending {
  readonly kind: 'call' | 'cast';
  readonly method: string;
  readonly uniqueId: string;
  /** By which a call knows its reply; null for a cast. */
  readonly messageId: string | null;
  readonly args: Readonly<Record<string, unknown>>;
  readonly settings: ResolvedSettings;
  readonly signal: AbortSignal | undefined;
  /** Of the request whose method makes the call; its time is in the settings already. */
  readonly outer: RequestScope | undefined;
  /** The timeout in the settings is what was left of that. */
  readonly inherits: boolean;
  /** Of the AMQP message. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}
