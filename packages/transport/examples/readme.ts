import { createTransport } from '@leveret/transport';

const transport = createTransport(process.env['LEVERET_RABBITMQ_URL'] ?? 'rabbit://guest:guest@localhost:5672/');
const destination = { routingKey: 'greetings' };
await transport.consume({ queue: { name: 'greetings', autoDelete: true } }, async (delivery) => {
  console.log(`received: ${delivery.body}`);
  delivery.ack();
  void transport.close(); // without await: it waits until this handler has ended
});
const { attempts } = await transport.publish(destination, 'hello', { mandatory: true });
console.log(`confirmed by the broker, attempts: ${attempts}`);
