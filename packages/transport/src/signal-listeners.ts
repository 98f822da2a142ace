// One listener on a signal for all who listen: Node 20 warns of a leak at the eleventh on one signal.
const listening = new WeakMap<AbortSignal, SignalListeners>();

interface SignalListeners {
  readonly callbacks: Set<() => void>;
  readonly fire: () => void;
}

/**
 * Calls back once, when the signal fires; returns what takes that back. The signal must not have fired yet, and each
 * callback must be a function of its own.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const { callbacks, fire } = listening.get(signal) ?? listen(signal);
  callbacks.add(callback);
  return () => {
    if (!callbacks.delete(callback) || callbacks.size > 0) return;
    signal.removeEventListener('abort', fire);
    listening.delete(signal);
  };
}

function listen(signal: AbortSignal): SignalListeners {
  const callbacks = new Set<() => void>();
  const fire = (): void => {
    listening.delete(signal);
    const all = [...callbacks];
    callbacks.clear();
    for (const callback of all) callback();
  };
  const listeners = { callbacks, fire };
  listening.set(signal, listeners);
  signal.addEventListener('abort', fire, { once: true });
  return listeners;
}
