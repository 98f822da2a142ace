import type { ConnectionState, Purpose } from './connection.js';
import type { TransportError } from './errors.js';
import type { RoundTrip } from './link.js';

/** How a transport is, for probes. */
export interface TransportHealth {
  /**
   * It works or is at work: nothing is gained by starting the process anew. False once connecting was given up or refused, and
   * when it is closed.
   */
  readonly live: boolean;
  /**
   * It can be used now: every connection in use is open, none is blocked, and every consumer receives. False while nothing was
   * ever connected, and from `close` on.
   */
  readonly ready: boolean;
  /** Why it is not, in words; empty where it is. No secrets. */
  readonly reasons: { readonly live: readonly string[]; readonly ready: readonly string[] };
  readonly publish: ConnectionState['status'];
  readonly consume: ConnectionState['status'];
  readonly blocked: boolean;
  /** Consumers that receive now, of those that should. */
  readonly consumers: { readonly active: number; readonly total: number };
  /** Messages that wait for a connection, and messages that wait for their confirm. */
  readonly messages: { readonly waiting: number; readonly unconfirmed: number };
  /** The last round trip to the broker that was measured on each connection, and how long ago; undefined while it is not open. */
  readonly roundTrip: {
    readonly publish: MeasuredRoundTrip | undefined;
    readonly consume: MeasuredRoundTrip | undefined;
  };
}

/** How long a broker took to answer. Measured where channels are opened, never for a message. */
export interface MeasuredRoundTrip {
  readonly ms: number;
  /** How long ago, in ms. */
  readonly ageMs: number;
}

/** What health is read from. */
export interface Vitals {
  readonly publish: ConnectionVitals;
  readonly consume: ConnectionVitals;
  readonly closing: boolean;
  readonly consumers: readonly ConsumerVitals[];
  readonly messages: TransportHealth['messages'];
  /** On the clock of `performance.now()`. */
  readonly now: number;
}

export interface ConnectionVitals {
  readonly state: ConnectionState;
  readonly roundTrip: RoundTrip | undefined;
}

export interface ConsumerVitals {
  readonly queue: string;
  readonly active: boolean;
  readonly lastError: TransportError | undefined;
}

/** What the vitals mean. */
export function assess({ publish, consume, closing, consumers, messages, now }: Vitals): TransportHealth {
  const states = [
    ['publish', publish.state],
    ['consume', consume.state],
  ] as const;
  const blocked = states.some(([, state]) => state.status === 'open' && state.blocked);
  const live = states.flatMap(([purpose, state]) => whyOver(purpose, state));
  const ready = [
    ...(closing ? ['The transport is being closed by the application.'] : []),
    ...(states.every(([, { status }]) => status === 'idle') ? ['Nothing was connected yet: call connect().'] : []),
    ...states.flatMap(([purpose, state]) => whyUnusable(purpose, state)),
    // Without a connection all of them do not receive: that is one reason, and told above.
    ...(consume.state.status === 'open' ? consumers.filter(({ active }) => !active).map(whySilent) : []),
  ];
  return {
    live: live.length === 0,
    ready: ready.length === 0,
    reasons: { live, ready },
    publish: publish.state.status,
    consume: consume.state.status,
    blocked,
    consumers: { active: consumers.filter(({ active }) => active).length, total: consumers.length },
    messages,
    roundTrip: { publish: measured(publish, now), consume: measured(consume, now) },
  };
}

function whyOver(purpose: Purpose, state: ConnectionState): string[] {
  if (state.status !== 'closed') return [];
  return [
    state.error === undefined
      ? `The connection to ${purpose} was closed by the application.`
      : `The connection to ${purpose} was given up: ${state.error.message}`,
  ];
}

function whyUnusable(purpose: Purpose, state: ConnectionState): string[] {
  const connection = `The connection to ${purpose}`;
  switch (state.status) {
    case 'idle':
      return [];
    case 'closed':
      return whyOver(purpose, state);
    case 'connecting':
      return [`${connection} is being made, attempt ${state.attempt}.`];
    case 'waiting':
      return [`${connection} is away, after attempt ${state.attempt}: ${state.error.message}`];
    case 'open':
      return state.blocked ? [`${state.host} has blocked ${connection.toLowerCase()} (memory or disk alarm).`] : [];
  }
}

function whySilent({ queue, lastError }: ConsumerVitals): string {
  const why = lastError === undefined ? 'it is being declared.' : lastError.message;
  return `The consumer of queue '${queue}' does not receive: ${why}`;
}

function measured({ state, roundTrip }: ConnectionVitals, now: number): MeasuredRoundTrip | undefined {
  if (state.status !== 'open' || roundTrip === undefined) return undefined;
  return { ms: roundTrip.ms, ageMs: now - roundTrip.answeredAt };
}
