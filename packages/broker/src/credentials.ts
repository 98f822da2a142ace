import { decodeTable } from './codec/field-table.js';
import { connectionFailure } from './failure.js';

/** What connection.start offers, most wanted first. */
export const MECHANISMS = 'PLAIN AMQPLAIN';

/** A name and a password, as a client gave them. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Reads the response of a mechanism. Throws an AmqpFailure for one that is not offered, and for a response that is malformed. */
export function readCredentials(mechanism: string, response: Buffer): Credentials {
  const read = readers.get(mechanism);
  if (read === undefined) throw connectionFailure(503, `unknown authentication mechanism '${mechanism}'`);
  const credentials = read(response);
  if (credentials === undefined) throw connectionFailure(502, `the response of ${mechanism} cannot be read`);
  return credentials;
}

const readers: ReadonlyMap<string, (response: Buffer) => Credentials | undefined> = new Map([
  ['PLAIN', readPlain],
  ['AMQPLAIN', readAmqPlain],
]);

function readPlain(response: Buffer): Credentials | undefined {
  const [authorization, username, password, ...rest] = response.toString().split('\0');
  // RabbitMQ takes no other identity than the one that logs in.
  if (authorization !== '' || username === undefined || password === undefined || rest.length > 0) return undefined;
  return { username, password };
}

function readAmqPlain(response: Buffer): Credentials | undefined {
  // A table without its length.
  const length = Buffer.alloc(4);
  length.writeUInt32BE(response.length);
  const { table } = decodeTable(Buffer.concat([length, response]), 0);
  const [login, password] = [table.get('LOGIN'), table.get('PASSWORD')];
  if (login?.type !== 'S' || password?.type !== 'S') return undefined;
  return { username: login.value, password: password.value };
}
