import type { Refusal } from '../wire-client.js';

const names: Readonly<Record<number, string>> = {
  320: 'CONNECTION_FORCED',
  403: 'ACCESS_REFUSED',
  404: 'NOT_FOUND',
  405: 'RESOURCE_LOCKED',
  406: 'PRECONDITION_FAILED',
  501: 'FRAME_ERROR',
  503: 'COMMAND_INVALID',
  504: 'CHANNEL_ERROR',
  505: 'UNEXPECTED_FRAME',
  530: 'NOT_ALLOWED',
  540: 'NOT_IMPLEMENTED',
};

/** That a channel was closed with this code, the code's name and these words, for this method. */
export function closesChannel(code: number, words: string, method: string): Refusal {
  return { scope: 'channel', code, text: textOf(code, words), method };
}

/** That the connection was closed with this code, the code's name and these words; the method is `0.0` when it is for none. */
export function closesConnection(code: number, words: string, method = '0.0'): Refusal {
  return { scope: 'connection', code, text: textOf(code, words), method };
}

function textOf(code: number, words: string): string {
  const text = `${names[code]} - ${words}`;
  // A text must fit into 255 octets.
  return Buffer.byteLength(text) > 255 ? `${Buffer.from(text).subarray(0, 252)}...` : text;
}
