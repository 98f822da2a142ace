/** The priorities that notifications have, as oslo.messaging knows them. */
export const PRIORITIES = ['audit', 'debug', 'info', 'warn', 'error', 'critical', 'sample'] as const;

/** How urgent a notification is; its queue is called by it. */
export type Priority = (typeof PRIORITIES)[number];

export function isPriority(name: string): name is Priority {
  return (PRIORITIES as readonly string[]).includes(name);
}
