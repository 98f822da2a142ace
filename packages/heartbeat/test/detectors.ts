import type { HeartbeatLink, HeartbeatOptions } from '../src/start-heartbeat.js';

type Detector = (link: HeartbeatLink, options: HeartbeatOptions) => () => void;

/** The common idiom: a deadline of two intervals on the clock, judged in the timer itself. Beats every H / 2. */
export const deadlineTimer: Detector = (link, { clock, intervalMs, beat, lost }) => {
  if (!clock) throw new Error('the simulator gives a clock');
  let bytesRead = link.bytesRead;
  let heardAt = clock.now();
  let ticks = 0;
  let cancel = clock.after(intervalMs / 8, tick);
  function tick(): void {
    if (!clock) return;
    cancel = clock.after(intervalMs / 8, tick);
    if (link.bytesRead !== bytesRead) heardAt = clock.now();
    bytesRead = link.bytesRead;
    if (++ticks % 4 === 0) beat();
    const silenceMs = clock.now() - heardAt;
    if (silenceMs < 2 * intervalMs) return;
    cancel();
    lost({ reason: 'silence', observedSilenceMs: silenceMs, wallSilenceMs: silenceMs, longestStallMs: 0 });
  }
  return () => cancel();
};

/** Counted checks, RabbitMQ's own rule turned round: send at the second idle look of H / 2, give up at the second deaf look of H. */
export const countedChecks: Detector = (link, { clock, intervalMs, beat, lost }) => {
  if (!clock) throw new Error('the simulator gives a clock');
  let { bytesRead, bytesWritten } = link;
  let missed = 0;
  const every = (periodMs: number, callback: () => void): (() => void) => {
    let cancel = clock.after(periodMs, again);
    function again(): void {
      cancel = clock?.after(periodMs, again) ?? cancel;
      callback();
    }
    return () => cancel();
  };
  const cancelSend = every(intervalMs / 2, () => {
    const idle = link.bytesWritten === bytesWritten;
    bytesWritten = link.bytesWritten;
    if (idle) beat();
  });
  const cancelReceive = every(intervalMs, () => {
    missed = link.bytesRead === bytesRead ? missed + 1 : 0;
    bytesRead = link.bytesRead;
    if (missed < 2) return;
    stop();
    const silenceMs = 2 * intervalMs;
    lost({ reason: 'silence', observedSilenceMs: silenceMs, wallSilenceMs: silenceMs, longestStallMs: 0 });
  });
  function stop(): void {
    cancelSend();
    cancelReceive();
  }
  return stop;
};
