import { EventEmitter, once } from 'node:events';
import { createNotificationListener, createNotifier } from '@leveret/rpc/notify';
import { createTransport } from '@leveret/transport';

await using transport = createTransport(process.env['LEVERET_RABBITMQ_URL'] ?? 'rabbit://guest:guest@localhost:5672/');
const notifier = createNotifier(transport, { publisherId: 'compute.host-1' });
await notifier.info('compute.instance.create.end', { instance_id: 'i-7' });

const heard = new EventEmitter();
const created = once(heard, 'created');
const filter = { eventType: /compute\.instance\.create/ };
await using listener = createNotificationListener(
  transport,
  [{ topic: 'notifications' }],
  [
    {
      filter,
      methods: { info: ({ payload, publisherId }) => heard.emit('created', payload.instance_id, publisherId) },
    },
  ],
);
await listener.start();
console.log(await created); // it has waited: [ 'i-7', 'compute.host-1' ]
