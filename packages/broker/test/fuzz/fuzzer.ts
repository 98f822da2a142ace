import type { Broker } from '../../src/broker.js';
import { mutated } from './mutations.js';
import { type Outcome, play } from './play.js';
import { Random } from './random.js';
import { randomSession } from './random-session.js';
import { framesOf, recordSessions } from './recorded-sessions.js';

/** Makes inputs by number, and plays them to a broker. The same number makes the same input. */
export interface Fuzzer {
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** Throws an error that names the input and has its octets. */
  run(number: number): Promise<void>;
}

/** Records sessions with this broker to begin with. */
export async function createFuzzer(broker: Broker): Promise<Fuzzer> {
  const recorded = (await recordSessions(broker)).map(framesOf);
  const outcomes = { answered: 0, closed: 0, left: 0 };
  const inputOf = (random: Random): Buffer => {
    switch (random.below(8)) {
      case 0:
        return random.octets(random.below(300));
      case 1:
      case 2:
      case 3:
        return Buffer.concat(mutated(random, random.pick(recorded)));
      case 4:
        return Buffer.concat(mutated(random, randomSession(random)));
      default:
        return Buffer.concat(randomSession(random));
    }
  };
  return {
    outcomes,
    run: async (number) => {
      const random = new Random(number);
      const input = inputOf(random);
      try {
        outcomes[await play(broker, input, random)] += 1;
      } catch (cause) {
        throw new Error(
          `Input ${number}: ${cause instanceof Error ? cause.message : cause}\n${input.toString('hex')}`,
          {
            cause,
          },
        );
      }
    },
  };
}
