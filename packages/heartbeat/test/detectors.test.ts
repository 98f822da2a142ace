import { describe, expect, it } from 'vitest';
import { type Simulation, simulateHeartbeat } from '../src/simulate-heartbeat.js';
import { type DetectorName, modelOf } from './detectors.js';
import { dies, forgiven, intervalMs, mixedTraffic, stalled } from './scenarios.js';

const seeds = Array.from({ length: 200 }, (_, seed) => seed);

type Name = DetectorName | 'ours' | 'oursPingPong';

function models(name: Name, simulation: Simulation): Partial<Simulation> {
  if (name === 'ours') return {};
  return name === 'oursPingPong' ? { mode: 'ping-pong' } : modelOf(name, simulation);
}

/** In how many per cent of the runs a live peer is given up. */
function accused(name: Name, make: (seed: number) => Simulation): number {
  const lost = seeds.filter((seed) => {
    const simulation = make(seed);
    return simulateHeartbeat({ ...simulation, ...models(name, simulation) }).lost !== undefined;
  });
  return Math.round((100 * lost.length) / seeds.length);
}

// After one stall of 1 and 5 intervals, after eight stalls of 2 back to back, and amid mixed traffic: never, sometimes, mostly.
const faults: readonly (readonly [Name, string])[] = [
  ['ours', 'never never never never'],
  ['oursPingPong', 'never never never never'],
  ['amqplib', 'never never sometimes never'],
  ['rabbitmqClient', 'never never never never'],
  ['pyAmqp', 'never mostly mostly never'],
  ['pika', 'mostly mostly mostly sometimes'],
  ['deadlineTimer', 'never mostly mostly never'],
  ['engineIo', 'mostly mostly mostly never'],
  ['wsIdiom', 'never never mostly never'],
  ['grpcJs', 'never never mostly sometimes'],
  ['phiAccrual', 'sometimes mostly mostly never'],
];

describe('the models of other detectors, by which the simulator is judged', () => {
  it.each(faults)('%s accuses a live peer: %s', (name, expected) => {
    const shares = [
      accused(name, (seed) => stalled(seed, 1, 1)),
      accused(name, (seed) => stalled(seed, 5, 1)),
      accused(name, (seed) => stalled(seed, 2, 8)),
      accused(name, (seed) => ({
        ...mixedTraffic(seed),
        ...(name === 'oursPingPong' ? { latencyMs: [1, 7_000] } : {}),
      })),
    ];
    const words = shares.map((share) => (share === 0 ? 'never' : share < 50 ? 'sometimes' : 'mostly'));
    expect(words.join(' ')).toBe(expected);
  });

  it.each(['amqplib', 'rabbitmqClient', 'pyAmqp', 'pika'] as const)(
    '%s notices a dead peer a whole H later at worst',
    (name) => {
      const after = seeds.map((seed) => {
        const run = dies(seed);
        return (
          ((simulateHeartbeat({ ...run, ...models(name, run) }).lost?.atMs ?? Number.NaN) - run.peerDiesAtMs) /
          intervalMs
        );
      });
      expect(Math.max(...after)).toBeGreaterThan(2);
    },
  );

  it.each([
    ['amqplib', 1.1],
    ['pyAmqp', 1.3],
    ['rabbitmqClient', 1.6],
    ['wsIdiom', 1.3],
  ] as const)('%s is hung up on by RabbitMQ after a stall of %d H', (name, stall) => {
    const closed = seeds.filter((seed) => {
      const run = forgiven(seed, stall);
      return simulateHeartbeat({ ...run, ...models(name, run), peerCloses: true }).closedByPeerAtMs !== undefined;
    });
    expect(closed.length).toBeGreaterThan(0);
  });

  it.each(['pika', 'deadlineTimer', 'phiAccrual'] as const)('%s beats while traffic flows', (name) => {
    const publishesAtMs = Array.from({ length: 600 }, (_, second) => second * 1_000 + 1);
    const run = { intervalMs, forMs: 600_000, publishesAtMs };
    expect(simulateHeartbeat({ ...run, ...models(name, run) }).beatsAtMs.length).toBeGreaterThan(10);
    expect(simulateHeartbeat(run).beatsAtMs).toEqual([]);
  });
});
