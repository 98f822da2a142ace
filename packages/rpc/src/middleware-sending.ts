import type { ClientCall, MessageDestination } from './client-middleware.js';
import { applyContext } from './client-options.js';
import type { MiddlewareChain } from './middleware.js';
import type { Sending } from './sending.js';

/** Sends through the middleware, with what it made of arguments and context. */
export async function sendThrough(
  chain: MiddlewareChain<ClientCall>,
  destination: MessageDestination,
  sending: Sending,
  send: (sending: Sending) => Promise<unknown>,
): Promise<unknown> {
  const { settings, outer: _outer, inherits: _inherits, ...facts } = sending;
  const { target, timeoutMs, context } = settings;
  const call: ClientCall = { ...facts, target, destination, timeoutMs, context, headers: {} };
  const result = await chain(call, () =>
    send({ ...sending, args: call.args, settings: applyContext(settings, call.context), headers: call.headers }),
  );
  // As without middleware: a call that gives nothing gives null.
  return sending.kind === 'call' && result === undefined ? null : result;
}
