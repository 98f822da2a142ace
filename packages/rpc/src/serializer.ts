import type { Context } from './request.js';

/**
 * Turns an application's own values into what JSON can carry, and back: each argument, the result, the context.
 * Default: none, values go as they are. oslo: `Serializer`.
 */
export interface Serializer {
  serializeValue(context: Context, value: unknown): unknown;
  deserializeValue(context: Context, value: unknown): unknown;
  serializeContext(context: Context): Context;
  deserializeContext(context: Context): Context;
}

export function serializeArgs(
  serializer: Serializer | undefined,
  context: Context,
  args: Readonly<Record<string, unknown>>,
  direction: 'serializeValue' | 'deserializeValue',
): Readonly<Record<string, unknown>> {
  if (serializer === undefined) return args;
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, serializer[direction](context, value)]));
}
