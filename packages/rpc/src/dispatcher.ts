import type { AccessPolicy, Method, ResolvedEndpoint } from './endpoint.js';
import { NoSuchMethodError, UnsupportedVersionError } from './remote-errors.js';
import type { Invocation } from './request.js';
import { isVersionCompatible } from './version.js';

/**
 * The method that a request is for: the first that an endpoint of its namespace and a compatible version has, and that the
 * policy allows. spec 8.5.
 * @throws UnsupportedVersionError if no endpoint fits, NoSuchMethodError if none that fits has it, InvalidVersionError.
 */
export function findMethod(
  endpoints: readonly ResolvedEndpoint[],
  policy: AccessPolicy,
  { method, namespace, version }: Invocation,
): Method {
  let fits = false;
  for (const endpoint of endpoints) {
    if (!endpoint.namespaces.includes(namespace)) continue;
    if (!isVersionCompatible(endpoint.version, version)) continue;
    fits = true;
    const found = endpoint.methods.get(method);
    if (found !== undefined && isAllowed(policy, method)) return found;
  }
  // oslo's sentences: Python callers and their logs know them.
  if (fits) throw new NoSuchMethodError(`Endpoint does not support RPC method ${method}`);
  throw new UnsupportedVersionError(
    `Endpoint does not support RPC version ${version ?? 'None'}. Attempted method: ${method}`,
  );
}

function isAllowed(policy: AccessPolicy, method: string): boolean {
  if (typeof policy === 'function') return policy(method);
  return policy === 'legacy' || !method.startsWith('_');
}
