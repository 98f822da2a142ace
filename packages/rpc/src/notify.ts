// Use it.

// Configure it.
export type { ContextRedaction } from './notify/context-redaction.js';
// Handle its errors.
export { NotificationSendError } from './notify/errors.js';
export type { NotifierEvent } from './notify/events.js';
export type { NotificationDriver } from './notify/message.js';
export { createNotifier, type Notifier, type Notify } from './notify/notifier.js';
export type { NotifierOptions, NotifyOptions, NotifySettings } from './notify/notifier-options.js';
export { PRIORITIES, type Priority } from './notify/priority.js';
