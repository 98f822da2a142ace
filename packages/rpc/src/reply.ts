import { type BodyText, encodeEnvelopeInPieces, type Message } from './envelope.js';
import { MalformedMessageError } from './errors.js';

/** A reply on its way out. `ending` false with neither result nor failure is the call monitor's heartbeat. */
export interface OutgoingReply {
  readonly result: unknown;
  /** JSON text of a failure, or null. */
  readonly failure: string | null;
  readonly ending: boolean;
  readonly messageId: string;
  readonly uniqueId: string;
}

/** The body of a reply, with its keys in oslo's order. spec 7.3. */
export function encodeReply({ result, failure, ending, messageId, uniqueId }: OutgoingReply): BodyText {
  return encodeEnvelopeInPieces({ result, failure, ending, _msg_id: messageId, _unique_id: uniqueId });
}

/** A reply that arrived. */
export interface IncomingReply {
  readonly messageId: unknown;
  readonly result: unknown;
  /** Null, undefined or empty when there is none. */
  readonly failure: unknown;
  readonly ending: boolean;
}

/** Missing keys count as null and false. spec 7.4. @throws MalformedMessageError */
export function parseReply(message: Message): IncomingReply {
  const messageId = message['_msg_id'];
  // No call has such an id, and it may have no text to tell it by.
  if (typeof messageId === 'object' && messageId !== null) throw new MalformedMessageError('its _msg_id is no text.');
  return {
    messageId,
    result: message['result'] ?? null,
    failure: message['failure'],
    ending: Boolean(message['ending']),
  };
}
