// Stands in for node:events in a browser: what the suites of the leaves use of it, the listeners of an event target.
// It counts from the moment it is loaded, before the code under test is.

type Listener = Parameters<EventTarget['addEventListener']>[1];
const listeners = new WeakMap<EventTarget, Map<string, Set<Listener>>>();
const { addEventListener, removeEventListener } = EventTarget.prototype;

function listenersOf(target: EventTarget, type: string): Set<Listener> {
  const types = listeners.get(target) ?? new Map<string, Set<Listener>>();
  listeners.set(target, types);
  const found = types.get(type) ?? new Set<Listener>();
  types.set(type, found);
  return found;
}

EventTarget.prototype.addEventListener = function add(type, listener, options): void {
  addEventListener.call(this, type, listener, options);
  if (listener === null) return;
  const found = listenersOf(this, type);
  found.add(listener);
  if (typeof options !== 'object') return;
  const forget = (): void => void found.delete(listener);
  if (options.once === true) addEventListener.call(this, type, forget, { once: true });
  if (options.signal !== undefined) addEventListener.call(options.signal, 'abort', forget, { once: true });
};

EventTarget.prototype.removeEventListener = function remove(type, listener, options): void {
  removeEventListener.call(this, type, listener, options);
  if (listener !== null) listenersOf(this, type).delete(listener);
};

/** As that of node:events, for event targets. */
export function getEventListeners(target: EventTarget, type: string): readonly Listener[] {
  return [...listenersOf(target, type)];
}
