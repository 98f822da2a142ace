import type { FieldTable } from '../codec/field-table.js';
import { replaceHeaders } from '../codec/properties.js';
import { typeName } from '../erlang-terms.js';
import { channelFailure } from '../failure.js';
import { Message } from '../message.js';
import { headersOf } from '../message-headers.js';

/** Whether the headers CC or BCC name further routing keys. */
export function hasFurtherRoutingKeys(message: Message): boolean {
  const headers = headersOf(message);
  return message.blindKeys.length > 0 || headers.has('CC') || headers.has('BCC');
}

/**
 * The routing keys of a message: its own, then those of the headers CC and BCC. Throws 406 PRECONDITION_FAILED when such a
 * header is no array; what is no string in the array does not count.
 */
export function routingKeysOf(message: Message): readonly string[] {
  const headers = headersOf(message);
  return [message.routingKey, ...readKeys('CC', headers), ...readKeys('BCC', headers), ...message.blindKeys];
}

function readKeys(name: 'CC' | 'BCC', headers: FieldTable): string[] {
  const keys = headers.get(name);
  if (keys === undefined) return [];
  if (keys.type !== 'A') {
    throw channelFailure(406, `invalid message: {unacceptable_type_in_header,"${name}",${typeName(keys)}}`);
  }
  return keys.value.flatMap((key) => (key.type === 'S' ? [key.value] : []));
}

/** The message as consumers may see it: with the keys of the header BCC put where they do not look. The same message if it has none. */
export function withoutBcc(message: Message): Message {
  const headers = headersOf(message);
  if (!headers.has('BCC')) return message;
  const kept = new Map(headers);
  kept.delete('BCC');
  const octets = replaceHeaders(message.propertyOctets, kept);
  return new Message(message.exchange, message.routingKey, octets, message.body, readKeys('BCC', headers));
}
