import { InvalidArgumentError } from './errors.js';

/** When a request is acknowledged: before its method runs, or after it was answered. */
export type AcknowledgeTime = 'before' | 'after';

/** The same for all methods, or by name; a method that is not named is `before`. */
export type Acknowledgement = AcknowledgeTime | ReadonlyMap<unknown, AcknowledgeTime>;

/** @throws InvalidArgumentError */
export function resolveAcknowledgement(given: unknown): Acknowledgement {
  if (given === 'before' || given === 'after') return given;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new InvalidArgumentError(
      "acknowledge must be 'before' or 'after', or say so for methods by name: { resize: 'after' }.",
    );
  }
  const entries = Object.entries(given);
  for (const [method, time] of entries) {
    if (time !== 'before' && time !== 'after') {
      throw new InvalidArgumentError(`acknowledge.${method} must be 'before' or 'after'.`);
    }
  }
  return new Map(entries);
}

/** @throws InvalidArgumentError for a name that no endpoint has: a typo would silently mean `before`. */
export function checkAcknowledgedMethods(
  acknowledgement: Acknowledgement,
  endpoints: readonly { readonly methods: ReadonlyMap<string, unknown> }[],
): void {
  if (typeof acknowledgement === 'string') return;
  for (const method of acknowledgement.keys()) {
    if (endpoints.some(({ methods }) => methods.has(method as string))) continue;
    throw new InvalidArgumentError(`acknowledge names '${String(method)}', and no endpoint has a method of that name.`);
  }
}

/** When the request for this method is acknowledged; what a peer sends as the method's name can be anything. */
export function acknowledges(acknowledgement: Acknowledgement, method: unknown): AcknowledgeTime {
  return typeof acknowledgement === 'string' ? acknowledgement : (acknowledgement.get(method) ?? 'before');
}
