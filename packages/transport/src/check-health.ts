import { checkQueue, closeQuietly } from './declare.js';
import { InvalidArgumentError } from './errors.js';
import type { Channel, Link } from './link.js';
import { onAbort } from './signal-listeners.js';
import { untilAborted } from './until-aborted.js';

/** One connection that is open, and the queues that are consumed on it. */
export interface Checked {
  readonly link: Link;
  readonly queues: readonly string[];
}

/**
 * Asks the broker something on every connection, and looks for every queue. Resolves with what is wrong, in words: nothing
 * if all is as it should be.
 * @throws `signal.reason`, InvalidArgumentError.
 */
export async function check(
  connections: readonly Checked[],
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  if (!(Number.isInteger(timeoutMs) && timeoutMs > 0 && timeoutMs < 2 ** 31)) {
    throw new InvalidArgumentError(
      `timeoutMs must be a whole number of milliseconds from 1 to 2^31 - 1, got ${timeoutMs}.`,
    );
  }
  signal?.throwIfAborted();
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new Error(`did not answer within ${timeoutMs} ms`)), timeoutMs);
  const stop = signal && onAbort(signal, () => limit.abort(signal.reason));
  try {
    const found = await Promise.all(connections.map((connection) => checkConnection(connection, limit.signal)));
    signal?.throwIfAborted();
    return found.flat();
  } finally {
    clearTimeout(timer);
    stop?.();
  }
}

async function checkConnection({ link, queues }: Checked, limit: AbortSignal): Promise<readonly string[]> {
  // A broker does not read from who publishes while it blocks, and that it blocks is known.
  if (link.blocked) return [];
  const wrong: string[] = [];
  const asked = askFor(link, queues, (error) => wrong.push(messageOf(error)));
  try {
    await untilAborted(asked, limit);
  } catch (error) {
    wrong.push(error === limit.reason ? `${link.host} ${messageOf(error)}.` : messageOf(error));
  }
  return wrong;
}

// On one channel, and on another after a refusal, which closes it.
async function askFor(link: Link, queues: readonly string[], refused: (error: unknown) => void): Promise<void> {
  let channel: Channel | undefined = await link.openChannel();
  for (const queue of queues) {
    try {
      channel ??= await link.openChannel();
      await checkQueue(channel, queue);
    } catch (error) {
      if (link.endReason !== undefined) throw link.endReason;
      channel = undefined;
      refused(error);
    }
  }
  if (channel !== undefined) closeQuietly(channel);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
