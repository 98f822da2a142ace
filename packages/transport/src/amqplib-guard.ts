import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Handshake, HandshakeInsides } from './handshake.js';

type Answered = (error: unknown, ok?: unknown) => void;

interface ConnectionClass {
  readonly prototype: EventEmitter & HandshakeInsides & { open(fields: object, answered: Answered): unknown };
}

let guarded: boolean | undefined;
const handshakes = new WeakMap<object, Handshake>();
const ends = new WeakMap<object, Error | undefined>();

/**
 * Keeps a broker from crashing the process, and has handshakes watched. amqplib hands a connection over one turn after it
 * is open, and when the same packet that opens it also closes it with an error, that error is emitted before anybody can
 * listen. So every connection gets a listener as it opens. Nothing else changes: amqplib passes errors on to the
 * application's own listeners from its model, which still must listen. Where amqplib's file is not to be found, as in a
 * bundle, all is as without this. Returns whether it was found.
 */
export function guardAmqplib(): boolean {
  guarded ??= guard();
  return guarded;
}

function guard(): boolean {
  let prototype: ConnectionClass['prototype'];
  try {
    const require = createRequire(import.meta.url);
    const file = join(dirname(require.resolve('amqplib')), 'lib', 'connection.js');
    prototype = (require(file) as { Connection: ConnectionClass }).Connection.prototype;
  } catch {
    return false;
  }
  const { open } = prototype;
  if (typeof open !== 'function') return false;
  prototype.open = function guardedOpen(this: ConnectionClass['prototype'], fields, answered) {
    this.on('error', () => {});
    this.on('close', (error?: Error) => ends.set(this, error));
    const handshake = handshakes.get((fields as { response?: object }).response ?? fields);
    handshake?.begin(this);
    return open.call(this, fields, (error: unknown, ok?: unknown) => {
      handshake?.end();
      answered(error, ok);
    });
  };
  return true;
}

/** Has the handshake watched that sends this very response to the server's challenge. */
export function watchHandshake(response: object, handshake: Handshake): void {
  handshakes.set(response, handshake);
}

/** Whether a connection of amqplib had ended before anybody could listen, and why. */
export function earlyEnd(connection: object): { readonly error: Error | undefined } | undefined {
  return ends.has(connection) ? { error: ends.get(connection) } : undefined;
}
