import { isUtf8 } from 'node:buffer';
import { type AmqpFailure, connectionFailure, type MethodIds, NO_METHOD } from '../failure.js';

const SNIPPET_SIZE = 16;
// A reply text has 255 octets at most, and an octet may take four characters.
const UNDECODABLE_SIZE = 48;

/** What a frame is refused with (501), in RabbitMQ's words; `reason` is written as it writes an Erlang term. */
export function frameError(type: number, payload: Buffer, reason: string): AmqpFailure {
  const snippet = payload.length > SNIPPET_SIZE ? 'first 16' : 'all';
  const octets = erlangBinary(payload.subarray(0, SNIPPET_SIZE));
  return connectionFailure(501, `type ${type}, ${snippet} octets = ${octets}: ${reason}`, { concerns: NO_METHOD });
}

/** A frame that has no business where it came (505), in RabbitMQ's words. */
export function unexpectedFrame(type: number, payload: Buffer): AmqpFailure {
  const snippet = payload.length > SNIPPET_SIZE ? 'first 16' : 'all';
  return connectionFailure(
    505,
    `type ${type}, ${snippet} octets = ${erlangBinary(payload.subarray(0, SNIPPET_SIZE))}`,
    { concerns: NO_METHOD },
  );
}

/** Octets of a method or of properties that make no sense, with RabbitMQ's code and words. */
export function undecodable(code: 501 | 541, octets: Buffer, concerns: MethodIds = NO_METHOD): AmqpFailure {
  const more = octets.length > UNDECODABLE_SIZE ? '...' : '';
  return connectionFailure(code, `cannot decode ${erlangBinary(octets.subarray(0, UNDECODABLE_SIZE))}${more}`, {
    concerns,
  });
}

/** As Erlang prints a binary: text when every octet is a printable one of Latin-1, else numbers. */
function erlangBinary(octets: Buffer): string {
  if (octets.length === 0) return '<<>>';
  if (octets.every(isPrintable)) {
    const text = octets.toString(isUtf8(octets) ? 'utf8' : 'latin1');
    return `<<"${Array.from(text, escaped).join('')}">>`;
  }
  return `<<${octets.join(',')}>>`;
}

function isPrintable(octet: number): boolean {
  return (octet >= 0x20 && octet <= 0x7e) || octet >= 0xa0 || (octet >= 0x08 && octet <= 0x0d) || octet === 0x1b;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
};

function escaped(character: string): string {
  return ESCAPES[character] ?? character;
}
