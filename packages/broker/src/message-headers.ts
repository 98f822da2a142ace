import { EMPTY_TABLE, type FieldTable, type FieldValue } from './codec/field-table.js';
import { replaceHeaders } from './codec/properties.js';
import { Message } from './message.js';

/** The headers of a message; an empty table if it has none. */
export function headersOf(message: Message): FieldTable {
  return message.properties.headers ?? EMPTY_TABLE;
}

/** The message with a header set. */
export function messageWithHeader(message: Message, name: string, value: FieldValue): Message {
  const octets = replaceHeaders(message.propertyOctets, withHeader(headersOf(message), name, value));
  return new Message(message.exchange, message.routingKey, octets, message.body, message.blindKeys);
}

/** Headers with one set. The names are in order then, as RabbitMQ leaves them when it sets one. */
export function withHeader(headers: FieldTable, name: string, value: FieldValue): FieldTable {
  return inOrder(new Map(headers).set(name, value));
}

/** Its fields in order of their names. */
export function inOrder(table: FieldTable): FieldTable {
  return new Map([...table].sort(([one], [other]) => (one < other ? -1 : 1)));
}
