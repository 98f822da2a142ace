import type { AccessPolicy, Method, ResolvedEndpoint } from './endpoint.js';
import { isExposed } from './expose.js';
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
    if (found !== undefined && isAllowed(policy, method, found)) return found;
  }
  // oslo's sentences: Python callers and their logs know them.
  if (fits) throw new NoSuchMethodError(`Endpoint does not support RPC method ${method}`);
  throw new UnsupportedVersionError(
    `Endpoint does not support RPC version ${version ?? 'None'}. Attempted method: ${method}`,
  );
}

function isAllowed(policy: AccessPolicy, name: string, method: Method): boolean {
  if (typeof policy === 'function') return policy(name);
  if (policy === 'explicit') return isExposed(method);
  return policy === 'legacy' || !name.startsWith('_');
}

/** Whether a method is missing of which that does not matter, as its name says: old servers need not have it. spec 8.5. */
export function isIgnoredMiss(method: unknown, error: unknown): boolean {
  if (typeof method !== 'string' || !method.endsWith('_ignore_errors')) return false;
  // What a method throws may be a proxy, which must not be asked. An import of node:util loads much: docs/decisions/0023.
  return !process.getBuiltinModule('node:util').types.isProxy(error) && error instanceof NoSuchMethodError;
}
