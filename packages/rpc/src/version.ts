import { InvalidVersionError } from './errors.js';

// A caller compares the same two versions call after call, which takes ten times as long as to remember the outcome.
let last = { implemented: '0.0', requested: '0.0', compatible: true };

/**
 * Whether a server that implements `implemented` takes a message of version `requested`: the same major version, and at
 * most the same minor version and revision. An `implemented` of null takes everything; a `requested` of null fits nothing
 * else. spec 8.4.
 * @throws InvalidVersionError when a part that decides is missing or not a number.
 */
export function isVersionCompatible(implemented: string | null, requested: string | null): boolean {
  if (implemented === null) return true;
  if (requested === null) return false;
  if (implemented !== last.implemented || requested !== last.requested) {
    last = { implemented, requested, compatible: compare(implemented, requested) };
  }
  return last.compatible;
}

function compare(implemented: string, requested: string): boolean {
  const has = implemented.split('.');
  const wants = requested.split('.');
  // Order and laziness as in Python: a malformed revision does no harm until it has to decide.
  const [hasMajor, hasMinor] = [part(has, 0, implemented), part(has, 1, implemented)];
  const [wantsMajor, wantsMinor] = [part(wants, 0, requested), part(wants, 1, requested)];
  if (hasMajor !== wantsMajor) return false;
  if (wantsMinor !== hasMinor) return wantsMinor < hasMinor;
  return revision(wants, requested) <= revision(has, implemented);
}

function revision(parts: readonly string[], version: string): number {
  return parts.length > 2 ? part(parts, 2, version) : 0;
}

function part(parts: readonly string[], index: number, version: string): number {
  const text = parts[index];
  if (text === undefined) {
    throw new InvalidVersionError(`Version '${version}' has no minor part; write it as major.minor.`, 'IndexError');
  }
  // What Python's int() takes: spaces around, a sign, single underscores between digits.
  if (!/^\s*[+-]?\d+(?:_\d+)*\s*$/u.test(text)) {
    throw new InvalidVersionError(`Version '${version}' is not of the form major.minor.`, 'ValueError');
  }
  return Number(text.replaceAll('_', ''));
}
