import { describe, expect, it } from 'vitest';
import type { ConnectionState } from './connection.js';
import { ConnectionClosedError, ConnectionLostError, DeclarationError } from './errors.js';
import { assess, type Vitals } from './health.js';

const open: ConnectionState = { status: 'open', host: 'h:5672', blocked: false };
const lost = new ConnectionLostError('h:5672', 'The connection to h:5672 was lost: read ECONNRESET.');

function vitals(publish: ConnectionState, consume: ConnectionState, more: Partial<Vitals> = {}): Vitals {
  return {
    publish: { state: publish, roundTrip: undefined },
    consume: { state: consume, roundTrip: undefined },
    closing: false,
    consumers: [],
    messages: { waiting: 0, unconfirmed: 0 },
    now: 1_000,
    ...more,
  };
}

describe('a transport is live', () => {
  it.each<[string, ConnectionState]>([
    ['idle', { status: 'idle' }],
    ['connecting', { status: 'connecting', attempt: 3 }],
    ['waiting', { status: 'waiting', attempt: 3, delayMs: 1_000, error: lost }],
    ['open', open],
    ['blocked', { ...open, blocked: true }],
  ])('while it is %s', (_, state) => {
    expect(assess(vitals(state, open))).toMatchObject({ live: true, reasons: { live: [] } });
  });

  it('no more when connecting was given up, or it is closed', () => {
    const error = new ConnectionClosedError('Gave up connecting, 3 attempts made: no route.');
    expect(assess(vitals({ status: 'closed', error }, open))).toMatchObject({
      live: false,
      reasons: { live: ['The connection to publish was given up: Gave up connecting, 3 attempts made: no route.'] },
    });
    expect(assess(vitals({ status: 'closed' }, { status: 'closed' }))).toMatchObject({
      live: false,
      reasons: {
        live: [
          'The connection to publish was closed by the application.',
          'The connection to consume was closed by the application.',
        ],
      },
    });
  });
});

describe('a transport is ready', () => {
  it('when every connection in use is open and every consumer receives', () => {
    const consumers = [{ queue: 'q', active: true, lastError: undefined }];
    expect(assess(vitals(open, { status: 'idle' }))).toMatchObject({ ready: true, reasons: { ready: [] } });
    expect(assess(vitals(open, open, { consumers }))).toMatchObject({
      ready: true,
      reasons: { ready: [] },
      consumers: { active: 1, total: 1 },
    });
  });

  const refused = new DeclarationError(403, 'The broker refused while declaring queue q: ACCESS_REFUSED');
  it.each<[string, Vitals]>([
    ['Nothing was connected yet: call connect().', vitals({ status: 'idle' }, { status: 'idle' })],
    ['The connection to publish is being made, attempt 2.', vitals({ status: 'connecting', attempt: 2 }, open)],
    [
      'The connection to consume is away, after attempt 4: The connection to h:5672 was lost: read ECONNRESET.',
      vitals(open, { status: 'waiting', attempt: 4, delayMs: 1, error: lost }),
    ],
    ['h:5672 has blocked the connection to publish (memory or disk alarm).', vitals({ ...open, blocked: true }, open)],
    ['The transport is being closed by the application.', vitals(open, open, { closing: true })],
    [
      "The consumer of queue 'q' does not receive: The broker refused while declaring queue q: ACCESS_REFUSED",
      vitals(open, open, { consumers: [{ queue: 'q', active: false, lastError: refused }] }),
    ],
    [
      "The consumer of queue 'q' does not receive: it is being declared.",
      vitals(open, open, { consumers: [{ queue: 'q', active: false, lastError: undefined }] }),
    ],
  ])('not, and says why: %s', (reason, state) => {
    expect(assess(state)).toMatchObject({ live: true, ready: false, reasons: { live: [], ready: [reason] } });
  });

  it('not because of consumers when it is their connection that is away', () => {
    const consumers = [{ queue: 'q', active: false, lastError: undefined }];
    const { reasons } = assess(vitals(open, { status: 'connecting', attempt: 1 }, { consumers }));
    expect(reasons.ready).toEqual(['The connection to consume is being made, attempt 1.']);
  });
});

it('tells the last round trip of what is open, and how long ago it was', () => {
  const roundTrip = { ms: 2.5, answeredAt: 400 };
  const consume = { state: { status: 'connecting', attempt: 1 } as const, roundTrip };
  expect(assess({ ...vitals(open, open), publish: { state: open, roundTrip }, consume }).roundTrip).toEqual({
    publish: { ms: 2.5, ageMs: 600 },
    consume: undefined,
  });
});
