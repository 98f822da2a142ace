import { startBroker } from '@leveret/broker';
import { connect } from 'amqplib';

const broker = await startBroker();
const connection = await connect(broker.url); // amqp://guest:guest@127.0.0.1:…/%2F
const channel = await connection.createConfirmChannel();
await channel.assertQueue('greetings');
await channel.consume('greetings', (message) => console.log(`received: ${message?.content}`), { noAck: true });
channel.sendToQueue('greetings', Buffer.from('hello'));
await broker.idle(); // delivered, settled, confirmed

connection.on('close', (error) => console.log(`${error?.message}`)); // Connection closed: 320 (CONNECTION-FORCED) …
broker.faults.closeConnections({ reason: 'maintenance' });
await broker.idle();
console.log(broker.counts().delivered, 'delivered,', broker.connections().length, 'connections left');
await broker.close();
