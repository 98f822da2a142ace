import { channelFailure } from './failure.js';

// RabbitMQ: ten years.
const LONGEST_MS = 315_360_000_000;

/** Throws the failure (406) of an expiration that is no number of milliseconds, in RabbitMQ's words. */
export function checkExpiration(expiration: string): void {
  const [, digits, rest] = /^([+-]?\d+)(.*)$/s.exec(expiration) ?? [];
  const value = Number(digits);
  let fault: string | undefined;
  if (digits === undefined) fault = 'no_integer';
  else if (rest !== '') fault = `{leftover_string,${JSON.stringify(rest)}}`;
  else if (value < 0) fault = `{value_negative,${value}}`;
  else if (value > LONGEST_MS) fault = `{value_too_large,${digits}}`;
  if (fault !== undefined) throw channelFailure(406, `invalid expiration '${expiration}': ${fault}`);
}
