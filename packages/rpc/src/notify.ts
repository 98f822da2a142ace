// Use it.

// Configure it.
export type { ContextRedaction } from './notify/context-redaction.js';
export type { NotificationListenerTrace, NotifierTrace, TracedNotification } from './notify/diagnostics.js';
export {
  type BatchHandler,
  type Notification,
  type NotificationEndpoint,
  type NotificationHandler,
  type NotificationInfo,
  REQUEUE,
} from './notify/endpoint.js';
// Handle its errors.
export { NotificationSendError } from './notify/errors.js';
export type { NotificationListenerEvent, NotifierEvent } from './notify/events.js';
export type { NotificationFilter, TextPattern } from './notify/filter.js';
export {
  createNotificationListener,
  type NotificationListener,
  type NotificationListenerStatus,
} from './notify/listener.js';
export type {
  NotificationListenerCall,
  NotificationListenerMiddleware,
  NotificationMessage,
} from './notify/listener-middleware.js';
export type { BatchOptions, NotificationListenerOptions, NotificationTarget } from './notify/listener-options.js';
export type { NotificationDriver } from './notify/message.js';
export { createNotifier, type Notifier, type Notify } from './notify/notifier.js';
export type { NotifierCall, NotifierMiddleware } from './notify/notifier-middleware.js';
export type { NotifierOptions, NotifyOptions, NotifySettings } from './notify/notifier-options.js';
export { PRIORITIES, type Priority } from './notify/priority.js';
