import { checkRecord } from '../checks.js';
import { InvalidArgumentError } from '../errors.js';
import type { Context } from '../request.js';

/**
 * What of the context goes out with a notification, which others read than the one who is asked in a call:
 *
 * - `safe-keys`: the keys that hold no secret, as oslo.messaging 14.0.3 sends them of every context;
 * - `none`: nothing, as oslo.messaging's master sends of a plain dictionary;
 * - a function: what it returns, as master sends what `redacted_copy()` of a RequestContext returns.
 */
export type ContextRedaction = 'safe-keys' | 'none' | ((context: Context) => Context);

// Those of a RequestContext that are no token and no credential, and the names that they had before. spec 9.
const SAFE_KEYS: ReadonlySet<string> = new Set([
  'user_id',
  'project_id',
  'domain_id',
  'user_domain_id',
  'project_domain_id',
  'is_admin',
  'request_id',
  'roles',
  'user_name',
  'project_name',
  'domain_name',
  'user_domain_name',
  'project_domain_name',
  'service_user_id',
  'service_user_domain_id',
  'service_user_domain_name',
  'service_project_id',
  'service_project_name',
  'service_project_domain_id',
  'service_project_domain_name',
  'service_roles',
  'global_request_id',
  'system_scope',
  'user',
  'domain',
  'user_domain',
  'project_domain',
]);

/** @throws InvalidArgumentError when the function gives no context; what it throws. */
export function redactContext(context: Context, redaction: ContextRedaction): Context {
  if (redaction === 'none') return {};
  if (redaction === 'safe-keys')
    return Object.fromEntries(Object.entries(context).filter(([key]) => SAFE_KEYS.has(key)));
  const redacted = redaction(context);
  checkRecord('The context that redactContext returned', redacted);
  return redacted;
}

/** @throws InvalidArgumentError */
export function checkRedaction(redaction: unknown): void {
  if (redaction === 'safe-keys' || redaction === 'none' || typeof redaction === 'function') return;
  throw new InvalidArgumentError("redactContext must be 'safe-keys', 'none' or a function of the context.");
}
