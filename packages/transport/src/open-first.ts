/** How hosts are dialled, for {@link openFirst}. */
export interface Opening<Host, Link> {
  /** The next host is dialled beside one that has not answered for so long. */
  readonly fallbackDelayMs: number;
  /** Ends with the signal, and leaves nothing open when it rejects. */
  dial(host: Host, signal: AbortSignal): Promise<Link>;
  /** Makes a link usable, one at a time. When it rejects, the host has failed and the link is closed. */
  use(link: Link, host: Host): Promise<void>;
  close(link: Link): Promise<void>;
  /** The host failed; the next is tried. */
  failed(host: Host, error: unknown): void;
  /** Another host was usable while this one had not answered for the fallback delay or longer. */
  outrun(host: Host, elapsedMs: number): void;
}

interface Dialling<Host, Link> {
  readonly host: Host;
  readonly startedAt: number;
  readonly outcome: Promise<{ readonly host: Host; readonly link?: Link; readonly error?: unknown }>;
}

/**
 * Tries hosts in their order until one is usable. A host that fails is followed by the next at once, and one that does
 * not answer is joined by the next after a while, so that a host that swallows everything costs no more than that. The first
 * to be usable wins, and the others are ended. As RFC 8305 has it for the addresses of one host.
 *
 * @returns the link, or undefined when every host has failed.
 * @throws `signal.reason`.
 */
export async function openFirst<Host, Link>(
  hosts: readonly Host[],
  opening: Opening<Host, Link>,
  signal: AbortSignal,
): Promise<Link | undefined> {
  signal.throwIfAborted();
  const waiting = [...hosts];
  const dialling = new Map<Host, Dialling<Host, Link>>();
  const end = new AbortController();
  const onAbort = () => end.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const dialNext = () => {
    const [host] = waiting.splice(0, 1);
    if (host === undefined) return;
    const outcome = opening.dial(host, end.signal).then(
      (link) => ({ host, link }),
      (error: unknown) => ({ host, error }),
    );
    dialling.set(host, { host, startedAt: performance.now(), outcome });
  };
  try {
    dialNext();
    while (dialling.size > 0) {
      const outcomes = [...dialling.values()].map(({ outcome }) => outcome);
      const outcome = await firstOf(outcomes, waiting.length > 0 ? opening.fallbackDelayMs : undefined);
      signal.throwIfAborted();
      if (outcome === undefined) {
        dialNext();
        continue;
      }
      const { host, link, error } = outcome;
      dialling.delete(host);
      try {
        if (link === undefined) throw error;
        await opening.use(link, host);
        for (const slower of dialling.values()) {
          const elapsedMs = performance.now() - slower.startedAt;
          if (elapsedMs >= opening.fallbackDelayMs) opening.outrun(slower.host, elapsedMs);
        }
        return link;
      } catch (failure) {
        signal.throwIfAborted();
        opening.failed(host, failure);
        dialNext();
      }
    }
    return undefined;
  } finally {
    signal.removeEventListener('abort', onAbort);
    end.abort(new Error('Another host was usable first.'));
    await Promise.all(
      [...dialling.values()].map(async ({ outcome }) => {
        const { link } = await outcome;
        if (link !== undefined) await opening.close(link);
      }),
    );
  }
}

/** The first to come, or undefined after `limitMs`. */
async function firstOf<T>(promises: readonly Promise<T>[], limitMs: number | undefined): Promise<T | undefined> {
  if (limitMs === undefined) return Promise.race(promises);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limitMs);
  });
  try {
    return await Promise.race([...promises, late]);
  } finally {
    clearTimeout(timer);
  }
}
