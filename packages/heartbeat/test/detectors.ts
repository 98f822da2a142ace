import type { HeartbeatClock } from '../src/clock.js';
import type { Simulation } from '../src/simulate-heartbeat.js';
import type { HeartbeatLink, HeartbeatOptions } from '../src/start-heartbeat.js';

type Detector = (
  link: HeartbeatLink,
  options: HeartbeatOptions & { readonly clock: HeartbeatClock },
) => { stop(): void };

interface Tools {
  readonly link: HeartbeatLink;
  readonly clock: HeartbeatClock;
  /** H. */
  readonly intervalMs: number;
  beat(): void;
  /** The verdict, after so much silence by the detector's own count. */
  lose(silenceMs: number): void;
  /** `setInterval`: one that is late fires once. */
  every(periodMs: number, callback: () => void): void;
  /** `setTimeout`; the result is `clearTimeout`. */
  after(delayMs: number, callback: () => void): () => void;
}

/** A model of somebody else's detector: what it does with its timers, and no more. */
function detector(run: (tools: Tools) => void): Detector {
  return (link, { clock, intervalMs, beat, lost }) => {
    const cancels = new Set<() => void>();
    let over = false;
    const stop = (): void => {
      over = true;
      for (const cancel of cancels) cancel();
    };
    const after = (delayMs: number, callback: () => void): (() => void) => {
      if (over) return () => {};
      const cancel = clock.after(delayMs, () => {
        cancels.delete(cancel);
        callback();
      });
      cancels.add(cancel);
      return () => {
        cancels.delete(cancel);
        cancel();
      };
    };
    const every = (periodMs: number, callback: () => void): void => {
      after(periodMs, () => {
        every(periodMs, callback);
        callback();
      });
    };
    const lose = (silenceMs: number): void => {
      if (over) return;
      stop();
      const event = { observedSilenceMs: silenceMs, wallSilenceMs: silenceMs, longestStallMs: 0 };
      lost({ reason: 'silence', ...event }, link);
    };
    run({ link, clock, intervalMs, beat: () => beat(link), lose, every, after });
    return { stop };
  };
}

/** Says whether the counter moved since it was last asked. */
function movement(read: () => number): () => boolean {
  let last = read();
  return () => {
    const moved = read() !== last;
    last = read();
    return moved;
  };
}

/** amqplib 2.3.1: a look for sending every H / 2, which its own beat satisfies too; dead at the second deaf look of H. */
const amqplib: Detector = detector(({ link, intervalMs, beat, lose, every }) => {
  const wrote = movement(() => link.bytesWritten);
  const heard = movement(() => link.bytesRead);
  let missed = 0;
  every(intervalMs / 2, () => {
    if (!wrote()) beat();
  });
  every(intervalMs, () => {
    missed = heard() ? 0 : missed + 1;
    if (missed >= 2) lose(2 * intervalMs);
  });
});

/** rabbitmq-client 5: one timer of H / 2 that sends if idle; dead at the fourth deaf look. */
const rabbitmqClient: Detector = detector(({ link, intervalMs, beat, lose, every }) => {
  const wrote = movement(() => link.bytesWritten);
  const heard = movement(() => link.bytesRead);
  let missed = 0;
  every(intervalMs / 2, () => {
    missed = heard() ? 0 : missed + 1;
    if (missed >= 4) return lose(2 * intervalMs);
    const idle = !wrote();
    if (!idle) return;
    beat();
    wrote();
  });
});

/** py-amqp 5.1.1 as oslo runs it, every H / 4: judged by the clock and before it reads, and a beat only after more than H. */
const pyAmqp: Detector = detector(({ link, clock, intervalMs, beat, lose, every }) => {
  const wrote = movement(() => link.bytesWritten);
  const heard = movement(() => link.bytesRead);
  let sentAt = clock.now();
  let heardAt = clock.now();
  every(intervalMs / 4, () => {
    const now = clock.now();
    if (heard()) heardAt = now;
    if (wrote()) sentAt = now;
    if (now > sentAt + intervalMs) {
      beat();
      wrote();
      sentAt = now;
    }
    if (now - heardAt > 2 * intervalMs) lose(now - heardAt);
  });
});

/** pika 1.4: a beat every H / 2 whatever flows; dead at the first deaf look of H + 5 s. */
const pika: Detector = detector(({ link, intervalMs, beat, lose, every }) => {
  const heard = movement(() => link.bytesRead);
  every(intervalMs / 2, beat);
  every(intervalMs + 5_000, () => {
    if (!heard()) lose(intervalMs + 5_000);
  });
});

/** The common idiom: a deadline of 2 H by the clock, judged in the timer. Beats every H / 2. */
const deadlineTimer: Detector = detector(({ link, clock, intervalMs, beat, lose, every }) => {
  const heard = movement(() => link.bytesRead);
  let heardAt = clock.now();
  every(intervalMs / 2, beat);
  every(intervalMs / 8, () => {
    if (heard()) heardAt = clock.now();
    if (clock.now() - heardAt >= 2 * intervalMs) lose(clock.now() - heardAt);
  });
});

/** engine.io's client: the server pings every H / 2, and a timer of H, re-armed by every packet, is the end. */
const engineIo: Detector = detector(({ link, intervalMs, lose, after, every }) => {
  const heard = movement(() => link.bytesRead);
  let cancel = after(intervalMs, () => lose(intervalMs));
  // It is told of packets by its socket; here a timer that runs with every turn of the loop stands for that.
  every(intervalMs / 200, () => {
    if (!heard()) return;
    cancel();
    cancel = after(intervalMs, () => lose(intervalMs));
  });
});

/** The example in the README of ws: every H, terminate unless a pong came since the last ping; ping. */
const wsIdiom: Detector = detector(({ link, intervalMs, beat, lose, every }) => {
  const heard = movement(() => link.bytesRead);
  let pinged = false;
  every(intervalMs, () => {
    if (!heard() && pinged) return lose(intervalMs);
    pinged = true;
    beat();
  });
});

/** grpc-js: a ping after H without a sign of life, and H / 3 by a timer for its answer (its defaults: 60 s and 20 s). */
const grpcJs: Detector = detector(({ link, intervalMs, beat, lose, after, every }) => {
  const heard = movement(() => link.bytesRead);
  let cancelDeadline: (() => void) | undefined;
  // It is told of the answer by its socket; here a timer that runs with every turn of the loop stands for that.
  const ping = (): void => {
    beat();
    cancelDeadline = after(intervalMs / 3, () => lose(intervalMs / 3));
  };
  every(intervalMs / 200, () => {
    if (!heard()) return;
    cancelDeadline?.();
    cancelDeadline = undefined;
  });
  every(intervalMs, () => {
    if (!cancelDeadline) ping();
  });
});

/** Phi accrual with Akka's defaults (threshold 8, least deviation 100 ms, 3 s of acceptable pause), beats every H / 2. */
const phiAccrual: Detector = detector(({ link, clock, intervalMs, beat, lose, every }) => {
  const heard = movement(() => link.bytesRead);
  // Akka's first guess: the expected interval, with a quarter of it for deviation.
  const gaps = [0.375 * intervalMs, 0.625 * intervalMs];
  let heardAt = clock.now();
  every(intervalMs / 2, beat);
  every(intervalMs / 50, () => {
    const now = clock.now();
    if (heard()) {
      gaps.push(now - heardAt);
      if (gaps.length > 1_000) gaps.shift();
      heardAt = now;
      return;
    }
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length + 3_000;
    const variance = gaps.reduce((sum, gap) => sum + (gap + 3_000 - mean) ** 2, 0) / gaps.length;
    const y = (now - heardAt - mean) / Math.max(100, Math.sqrt(variance));
    const e = Math.exp(-y * (1.5976 + 0.070566 * y * y));
    const phi = y > 0 ? -Math.log10(e / (1 + e)) : 0;
    if (phi > 8) lose(now - heardAt);
  });
});

export type DetectorName =
  | 'amqplib'
  | 'rabbitmqClient'
  | 'pyAmqp'
  | 'pika'
  | 'deadlineTimer'
  | 'engineIo'
  | 'wsIdiom'
  | 'grpcJs'
  | 'phiAccrual';

export const detectors: Readonly<Record<DetectorName, Detector>> = {
  amqplib,
  rabbitmqClient,
  pyAmqp,
  pika,
  deadlineTimer,
  engineIo,
  wsIdiom,
  grpcJs,
  phiAccrual,
};

/** Those whose peer answers and does not speak by itself. */
export const asking: readonly string[] = ['wsIdiom', 'grpcJs'];

/** Those that are pinged by their peer every H / 2, whatever else it sends; what they send to their peer is no heartbeat. */
export const pinged: readonly string[] = ['engineIo'];

/** The detector in the place of ours, and a peer that speaks as the detector expects it to. */
export function modelOf(name: DetectorName, { intervalMs, forMs }: Simulation): Partial<Simulation> {
  const start = detectors[name];
  if (asking.includes(name)) return { start, peerBeats: false, peerAnswers: true };
  if (!pinged.includes(name)) return { start };
  const peerSendsAtMs = Array.from(
    { length: Math.ceil((2 * forMs) / intervalMs) },
    (_, ping) => (ping * intervalMs) / 2,
  );
  return { start, peerBeats: false, peerSendsAtMs, peerCloses: false };
}
