const LOOK_EVERY_MS = 250;

/**
 * Calls `orphaned` when the process that started this one is gone, if that was npm: npm passes SIGTERM on to the shell
 * between it and us, and the shell ends without us. Who starts us in other ways may well leave us behind on purpose.
 */
export function whenOrphaned(
  environment: NodeJS.ProcessEnv,
  parent: () => number,
  orphaned: () => void,
): NodeJS.Timeout | undefined {
  if (environment['npm_command'] === undefined) return undefined;
  const first = parent();
  const timer = setInterval(() => {
    if (parent() === first) return;
    clearInterval(timer);
    orphaned();
  }, LOOK_EVERY_MS);
  return timer.unref();
}
