import { Socket } from 'node:net';

let writes = 0;

/**
 * How often the sockets of this process were written to since this file was loaded: each `_write` and `_writev`
 * is one system call, unless the socket is congested.
 */
export function socketWrites(): number {
  return writes;
}

// Every library ends up in one of these two, and nothing else tells how often.
for (const name of ['_write', '_writev'] as const) {
  const original = Socket.prototype[name] as (this: Socket, ...args: unknown[]) => void;
  Object.assign(Socket.prototype, {
    [name](this: Socket, ...args: unknown[]): void {
      writes += 1;
      original.apply(this, args);
    },
  });
}
