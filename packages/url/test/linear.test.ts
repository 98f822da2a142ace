import { expect, it } from 'vitest';
import { parseTransportUrl, redact } from './all.js';

const units = [
  '//',
  '@',
  ':',
  ',',
  '%2',
  '://',
  'a://',
  ' a://',
  ' a://b:c@',
  '?a=',
  '&',
  ',u:p@h',
  'a',
  '\n://',
  '[',
  '=;',
  '?',
  '/',
  '1.',
  '%41',
];

/**
 * Whether four times the text takes less than six times as long. The short text is worked on four times, so that the machine's other
 * work disturbs both alike; of many rounds the quickest counts. A quadratic function takes sixteen times as long in every one of them.
 */
function staysLinear(work: (length: number) => () => void): boolean {
  const [short, long] = [work(16_384), work(65_536)];
  let [shortest, longest] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < 400; round++) {
    shortest = Math.min(shortest, timeOf(short, 4) / 4);
    longest = Math.min(longest, timeOf(long, 1));
    if (round > 4 && longest < 6 * shortest) return true;
  }
  return false;
}

function timeOf(action: () => void, times: number): number {
  const start = performance.now();
  for (let time = 0; time < times; time++) action();
  return performance.now() - start;
}

function print(text: string): void {
  try {
    String(parseTransportUrl(text));
  } catch {
    // That a text is no URL is said in linear time too.
  }
}

const frames: readonly ((run: string) => string)[] = [
  (run) => run,
  (run) => `rabbit://${run}`,
  (run) => `rabbit://u:${run}@h`,
  (run) => `rabbit://h,u:p@${run}/vh`,
  (run) => `rabbit://u:p@h/${run}`,
  (run) => `rabbit://u:p@h?${run}`,
  (run) => `amqp://u:p@h/?${run}=1`,
];

it.each(units)('takes four times as long for four times "%s"', { timeout: 60_000 }, (unit) => {
  for (const frame of frames) {
    const text = (length: number): string => frame(unit.repeat(length / unit.length));
    const name = frame(unit);
    expect(
      staysLinear((length) => () => void redact(text(length))),
      `redact of ${name}`,
    ).toBe(true);
    expect(
      staysLinear((length) => () => print(text(length))),
      `parse of ${name}`,
    ).toBe(true);
  }
});
