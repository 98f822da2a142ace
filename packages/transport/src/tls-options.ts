import { type ConnectionOptions, createSecureContext } from 'node:tls';
import { callbackError } from './credentials.js';
import { ConnectionRefusedError, TransportError } from './errors.js';
import { untilAborted } from './until-aborted.js';

/** Options of `node:tls`, or a function that is asked for them at each dial, by `host:port`. */
export type TlsSource = ConnectionOptions | ((host: string) => ConnectionOptions | PromiseLike<ConnectionOptions>);

/**
 * The options for one host, with keys and certificates already read, so that what is wrong with them is told before
 * anything is dialled.
 * @throws ConnectionRefusedError for keys and certificates that cannot be used; ConnectionLostError when the function
 * fails; `signal.reason`.
 */
export async function tlsOptionsFor(source: TlsSource, host: string, signal: AbortSignal): Promise<ConnectionOptions> {
  const options = typeof source === 'function' ? await ask(source, host, signal) : source;
  if (options.secureContext !== undefined) return options;
  try {
    return { ...options, secureContext: createSecureContext(options) };
  } catch (error) {
    const cause = error as Error;
    throw new ConnectionRefusedError(host, 'tls', `The option tls cannot be used for ${host}: ${cause.message}.`, {
      cause,
    });
  }
}

async function ask(
  source: (host: string) => ConnectionOptions | PromiseLike<ConnectionOptions>,
  host: string,
  signal: AbortSignal,
): Promise<ConnectionOptions> {
  try {
    return (
      (await untilAborted(
        Promise.resolve().then(() => source(host)),
        signal,
      )) ?? {}
    );
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TransportError) throw error;
    throw callbackError('tls', host, error);
  }
}
