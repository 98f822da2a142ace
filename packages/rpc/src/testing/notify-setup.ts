import { encodeEnvelope } from '../envelope.js';
import {
  type BatchHandler,
  createNotificationListener,
  createNotifier,
  type NotificationEndpoint,
  type NotificationListener,
  type NotificationListenerEvent,
  type NotificationListenerOptions,
  type Notifier,
} from '../notify.js';
import { FakeTransport } from './fake-transport.js';

/** A listener to the topic `t` with its transport, a notifier that it hears, and what it tells. */
export function setUpListener(
  methods: NotificationEndpoint['methods'] | readonly NotificationEndpoint[],
  options: NotificationListenerOptions & { readonly batch?: undefined } = {},
): Setup {
  const endpoints = Array.isArray(methods) ? (methods as readonly NotificationEndpoint[]) : [{ methods }];
  return setUp((transport, onEvent) =>
    createNotificationListener(transport, [{ topic: 't' }], endpoints as NotificationEndpoint[], {
      onEvent,
      ...options,
    }),
  );
}

/** The same with batches. */
export function setUpBatchListener(
  endpoints: readonly NotificationEndpoint<BatchHandler>[],
  options: NotificationListenerOptions & { readonly batch: { readonly size: number; readonly timeoutMs?: number } },
): Setup {
  return setUp((transport, onEvent) =>
    createNotificationListener(transport, [{ topic: 't' }], endpoints, { onEvent, ...options }),
  );
}

interface Setup {
  readonly transport: FakeTransport;
  readonly listener: NotificationListener;
  readonly notifier: Notifier;
  readonly events: NotificationListenerEvent[];
}

function setUp(
  create: (transport: FakeTransport, onEvent: (event: NotificationListenerEvent) => void) => NotificationListener,
): Setup {
  const transport = new FakeTransport();
  const events: NotificationListenerEvent[] = [];
  const listener = create(transport, (event) => void events.push(event));
  return { transport, listener, notifier: createNotifier(transport, { topics: ['t'], publisherId: 'p' }), events };
}

/** Lets all that is due run, of promises and of deliveries in memory. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
}

/** The body of a notification as a peer sends it. */
export function notificationBody(fields: Record<string, unknown> = {}): string {
  return encodeEnvelope({
    message_id: 'M',
    publisher_id: 'p',
    event_type: 'e',
    priority: 'INFO',
    payload: 1,
    ...fields,
  });
}

/** What became of what was delivered. */
export function actionsOf({ settlements }: FakeTransport): string[] {
  return settlements.map(({ action }) => action);
}
