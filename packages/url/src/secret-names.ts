const fragments = ['pass', 'pwd', 'secret', 'token', 'credential', 'apikey', 'api_key', 'access_key', 'private_key'];

/** Whether a query parameter of this name (decoded) may hold a secret; in doubt it does. */
export function isSecretName(name: string): boolean {
  const lower = name.toLowerCase();
  return fragments.some((fragment) => lower.includes(fragment));
}
