import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

interface ConnectionClass {
  readonly prototype: EventEmitter & { open(...args: unknown[]): unknown };
}

let guarded = false;

/**
 * Keeps a broker from crashing the process: amqplib hands a connection over one turn after it is open, and when the same
 * packet that opens it also closes it with an error, that error is emitted before anybody can listen. So every connection
 * gets a listener as it opens. Nothing else changes: amqplib passes errors on to the application's own listeners from
 * its model, which still must listen. Where amqplib's file is not to be found, as in a bundle, all is as without this.
 */
export function guardAmqplib(): void {
  if (guarded) return;
  guarded = true;
  let prototype: ConnectionClass['prototype'];
  try {
    const require = createRequire(import.meta.url);
    const file = join(dirname(require.resolve('amqplib')), 'lib', 'connection.js');
    prototype = (require(file) as { Connection: ConnectionClass }).Connection.prototype;
  } catch {
    return;
  }
  const { open } = prototype;
  if (typeof open !== 'function') return;
  prototype.open = function guardedOpen(this: EventEmitter, ...args: unknown[]): unknown {
    this.on('error', () => {});
    return open.apply(this, args);
  };
}
