import type { EventEmitter } from 'node:events';

/** The signals that end the broker, with the exit status of a process that they end at once. */
const STATUSES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * npm hands a Ctrl-C on to its child, which had it from the terminal already: two signals within milliseconds are one
 * keystroke, and so is what follows within this time.
 */
const ONE_KEYSTROKE_MS = 200;

/** The first signal aborts the returned one; another, given by somebody who does not want to wait, calls `exit`. */
export function onEnd(source: EventEmitter, exit: (status: number) => void): AbortSignal {
  const end = new AbortController();
  let endedAt = 0;
  for (const [signal, status] of Object.entries(STATUSES)) {
    source.on(signal, () => {
      if (!end.signal.aborted) {
        endedAt = performance.now();
        end.abort();
      } else if (performance.now() - endedAt > ONE_KEYSTROKE_MS) exit(status);
    });
  }
  return end.signal;
}
