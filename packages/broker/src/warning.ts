/** Makes a process warning, of the type LeveretBrokerWarning, of an error that there is nobody to throw at. */
export function warn(error: unknown): void {
  const { message, stack = message } = error instanceof Error ? error : new Error(String(error));
  // Not the error itself: it would keep its name, and the type be lost.
  process.emitWarning(message, { type: 'LeveretBrokerWarning', detail: stack });
}
