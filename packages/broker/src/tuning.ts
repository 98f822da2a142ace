import type { MethodFields } from './codec/methods.js';
import { connectionFailure } from './failure.js';
import type { Limits } from './options.js';

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
