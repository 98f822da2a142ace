import type { FieldTable } from './codec/field-table.js';
import { decodeTable } from './codec/field-table.js';
import type { MethodFields } from './codec/methods.js';
import { tableOf } from './codec/plain-table.js';
import { connectionFailure } from './failure.js';
import type { Limits } from './options.js';

declare const LEVERET_VERSION: string;

/** The eight octets that open AMQP 0-9-1. */
export const PROTOCOL_HEADER: Buffer = Buffer.from('AMQP\0\0\x09\x01', 'latin1');

/**
 * What the broker says of itself. Product and version are those whose behaviour it follows, because clients choose
 * their behaviour by them; platform and information say what it really is.
 */
export const SERVER_PROPERTIES: FieldTable = tableOf({
  capabilities: {
    publisher_confirms: true,
    exchange_exchange_bindings: true,
    'basic.nack': true,
    consumer_cancel_notify: true,
    'connection.blocked': true,
    consumer_priorities: true,
    authentication_failure_close: true,
    per_consumer_qos: true,
    direct_reply_to: true,
  },
  cluster_name: 'leveret@localhost',
  copyright: 'The maintainers of leveret',
  information: 'An embedded broker for development and tests, not RabbitMQ: @leveret/broker',
  platform: `leveret ${LEVERET_VERSION}`,
  product: 'RabbitMQ',
  version: '3.10.8',
});

/** What connection.start offers, most wanted first. */
export const MECHANISMS = 'PLAIN AMQPLAIN';

/** A name and a password, as a client gave them. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Reads the response of a mechanism. Throws an AmqpFailure for one that is not offered; undefined for a malformed response. */
export function readCredentials(mechanism: string, response: Buffer): Credentials | undefined {
  if (mechanism === 'PLAIN') {
    const [authorization, username, password, ...rest] = response.toString().split('\0');
    // RabbitMQ takes no other identity than the one that logs in.
    if (authorization !== '' || username === undefined || password === undefined || rest.length > 0)
      return undefined;
    return { username, password };
  }
  if (mechanism === 'AMQPLAIN') {
    // A table without its length.
    const length = Buffer.alloc(4);
    length.writeUInt32BE(response.length);
    const { table } = decodeTable(Buffer.concat([length, response]), 0);
    const [login, password] = [table.get('LOGIN'), table.get('PASSWORD')];
    if (login?.type !== 'S' || password?.type !== 'S') return undefined;
    return { username: login.value.toString(), password: password.value.toString() };
  }
  throw connectionFailure(503, `unknown authentication mechanism '${mechanism}'`);
}

/** What both ends agreed on. */
export interface Tuning {
  readonly channelMax: number;
  readonly frameMaxBytes: number;
  readonly heartbeatSeconds: number;
}

// RabbitMQ's frame_min_size.
const LEAST_FRAME = 4096;

/** Reads tune-ok, in which 0 stands for no limit of the client's. Throws an AmqpFailure (530) for what was not offered. */
export function agree(answer: MethodFields<'connection.tune-ok'>, limits: Limits): Tuning {
  const { frameMaxBytes, channelMax } = limits;
  if (answer.frameMax !== 0 && answer.frameMax < LEAST_FRAME) {
    throw connectionFailure(
      530,
      `negotiated frame_max = ${answer.frameMax} is lower than the minimum allowed value (${LEAST_FRAME})`,
    );
  }
  if (answer.frameMax > frameMaxBytes || answer.frameMax === 0) {
    throw connectionFailure(
      530,
      `negotiated frame_max = ${answer.frameMax} is higher than the maximum allowed value (${frameMaxBytes})`,
    );
  }
  if (answer.channelMax > channelMax || answer.channelMax === 0) {
    throw connectionFailure(
      530,
      `negotiated channel_max = ${answer.channelMax} is higher than the maximum allowed value (${channelMax})`,
    );
  }
  return { channelMax: answer.channelMax, frameMaxBytes: answer.frameMax, heartbeatSeconds: answer.heartbeat };
}
