import { sleep } from '@leveret/retry/sleep';
import type { Identity } from './credentials.js';
import { ConnectionLostError, type TransportError } from './errors.js';
import type { Link } from './link.js';
import { untilAborted } from './until-aborted.js';

/** How the secret of an open link is kept from expiring. */
export interface SecretRenewal {
  readonly link: Link;
  readonly expiresInMs: number;
  /** For one renewal, from the question to the broker's answer. */
  readonly limitMs: number;
  ask(signal: AbortSignal): Promise<Identity>;
  /** The broker has the new secret, or why not. */
  told(error?: TransportError): void;
}

const RENEW_AT = 0.8;
const AGAIN_AT = 0.1;
const AGAIN_AT_LEAST_MS = 1_000;

/** Renews the secret after four fifths of its life, and again soon where that fails, until the signal aborts. Never rejects. */
export async function keepSecretFresh(renewal: SecretRenewal, signal: AbortSignal): Promise<void> {
  let lifeMs = renewal.expiresInMs;
  let waitMs = lifeMs * RENEW_AT;
  for (;;) {
    try {
      await sleep(waitMs, { signal });
    } catch {
      return;
    }
    try {
      const nextLifeMs = await renew(renewal, signal);
      renewal.told();
      if (nextLifeMs === undefined) return;
      lifeMs = nextLifeMs;
      waitMs = lifeMs * RENEW_AT;
    } catch (error) {
      if (signal.aborted) return;
      renewal.told(error as TransportError);
      waitMs = Math.max(lifeMs * AGAIN_AT, AGAIN_AT_LEAST_MS);
    }
  }
}

async function renew({ link, limitMs, ask }: SecretRenewal, signal: AbortSignal): Promise<number | undefined> {
  const end = new AbortController();
  const limit = setTimeout(() => {
    end.abort(new ConnectionLostError(link.host, `The secret for ${link.host} was not renewed within ${limitMs} ms.`));
  }, limitMs);
  const onAbort = () => end.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const { password, expiresInMs } = await untilAborted(ask(end.signal), end.signal);
    await untilAborted(link.updateSecret(password, 'it is about to expire'), end.signal);
    return expiresInMs;
  } finally {
    clearTimeout(limit);
    signal.removeEventListener('abort', onAbort);
  }
}
