import { isAscii, isUtf8 } from 'node:buffer';
import type { Delivery } from '@leveret/transport';
import { decompressedBody } from './compression.js';
import { hasControlBytes } from './control-characters.js';
import { MalformedMessageError } from './errors.js';
import { parseJson, stringifyJson } from './json.js';
import {
  cutOutLongStrings,
  LONG_LENGTH,
  putBackIntoText,
  putBackIntoValue,
  takeOutLongStrings,
} from './long-strings.js';
import { isVersionCompatible } from './version.js';

/** A message inside its envelope: method and args, or result and failure, flat. */
export type Message = Readonly<Record<string, unknown>>;

const ENVELOPE_VERSION = '2.0';
const HEAD = '{"oslo.version":"2.0","oslo.message":"';
const TAIL = '"}';

// Measured at 64 kB: escaping by hand takes a fifth of the time while there is little to escape, and four times as long
// when every fifth character is a quote; so it is done only where there is little.
const BY_HAND_LENGTH = 2048;
const CHARACTERS_PER_ESCAPE = 64;

/** A text, or the pieces of one: long strings are not copied before they are written to a socket. */
export type BodyText = string | readonly string[];

/** The envelope 2.0 around the message: its JSON text, once more as a JSON string. spec 7.1. */
export function encodeEnvelope(message: Message): string {
  return joined(encodeEnvelopeInPieces(message));
}

/** A text in one piece. */
export function joined(text: BodyText): string {
  return typeof text === 'string' ? text : text.join('');
}

/** As `encodeEnvelope`. */
export function encodeEnvelopeInPieces(message: Message): BodyText {
  const light = takeOutLongStrings(message);
  const whole = light && putBackIntoText(encodePlainly(light.message), light.strings);
  return whole ?? encodePlainly(message);
}

function encodePlainly(message: Message): string {
  const text = stringifyJson(message);
  if (text.length < BY_HAND_LENGTH || !isSparse(text, '"') || !isSparse(text, '\\')) {
    return JSON.stringify({ 'oslo.version': ENVELOPE_VERSION, 'oslo.message': text });
  }
  // JSON.stringify leaves no control characters and no lone surrogates, so these two are all there is to escape.
  return HEAD + text.replaceAll('\\', '\\\\').replaceAll('"', '\\"') + TAIL;
}

function isSparse(text: string, character: string): boolean {
  let allowed = text.length / CHARACTERS_PER_ESCAPE;
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) {
    allowed -= 1;
    if (allowed < 0) return false;
  }
  return true;
}

/** As much as RabbitMQ takes by default. */
export const MAX_BODY_BYTES = 134_217_728;

/**
 * The message in a delivery. spec 7.1, 7.8.
 * @param maxBodyBytes how large its body may be, as it came and decompressed.
 * @param bigints whether whole numbers that a number cannot hold are bigints.
 * @throws MalformedMessageError
 */
export function decodeDelivery(delivery: Delivery, maxBodyBytes: number = MAX_BODY_BYTES, bigints = false): Message {
  if (delivery.body.length > maxBodyBytes) {
    throw new MalformedMessageError(`its body has ${delivery.body.length} bytes, more than maxBodyBytes allows.`);
  }
  if (delivery.contentType !== 'application/json') {
    throw new MalformedMessageError(`its content type is ${delivery.contentType ?? 'missing'}, not application/json.`);
  }
  const body = decompressedBody(delivery, maxBodyBytes);
  // Latin-1 is the same for ASCII, and read in two thirds of the time.
  const ascii = isAscii(body);
  if (!ascii && !isUtf8(body)) throw new MalformedMessageError('its body is not UTF-8.');
  const text = body.toString(ascii ? 'latin1' : 'utf8');
  return (body.length < LONG_LENGTH ? undefined : readLong(text, body, bigints)) ?? readBody(text, bigints);
}

/** What `readBody` gives; undefined when it is for that to say what there is, or what is wrong. */
function readLong(text: string, body: Uint8Array, bigints: boolean): Message | undefined {
  const cut = cutOutLongStrings(text);
  if (cut === undefined || hasControlBytes(body)) return undefined;
  let message: Message;
  try {
    message = readBody(cut.text, bigints);
  } catch {
    // What is wrong is told of the text as it came.
    return undefined;
  }
  return putBackIntoValue(message, cut.strings) ? message : undefined;
}

/** The message in a body; one without an envelope is a message of format 1.0. @throws MalformedMessageError */
export function decodeEnvelope(text: string): Message {
  return readBody(text, false);
}

function readBody(text: string, bigints: boolean): Message {
  if (text === '') return {};
  return openEnvelope(asObject(parse(text, bigints)), bigints);
}

function openEnvelope(body: Message, bigints: boolean): Message {
  if (!Object.hasOwn(body, 'oslo.version') || !Object.hasOwn(body, 'oslo.message')) return body;
  const { 'oslo.version': version, 'oslo.message': message } = body;
  if (typeof version !== 'string' || typeof message !== 'string') {
    throw new MalformedMessageError('its envelope does not hold two strings.');
  }
  checkVersion(version);
  return asObject(parse(message, bigints));
}

function checkVersion(version: string): void {
  if (version === ENVELOPE_VERSION) return;
  let compatible = false;
  try {
    compatible = isVersionCompatible(ENVELOPE_VERSION, version);
  } catch (cause) {
    throw new MalformedMessageError(`its envelope has no readable version, but '${version}'.`, { cause });
  }
  if (!compatible) {
    throw new MalformedMessageError(`its envelope has version ${version}; ${ENVELOPE_VERSION} is understood.`);
  }
}

function parse(text: string, bigints: boolean): unknown {
  try {
    return parseJson(text, bigints);
  } catch (cause) {
    // The engine's message quotes the text it could not read: a message body, which belongs in no error.
    throw new MalformedMessageError('it is not JSON.', cause instanceof SyntaxError ? undefined : { cause });
  }
}

function asObject(value: unknown): Message {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MalformedMessageError('it is not a JSON object.');
  }
  return value as Message;
}
