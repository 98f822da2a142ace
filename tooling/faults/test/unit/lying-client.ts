import type { ClientUnderTest } from '../../src/client.ts';

/** What a client does to every n-th message; 0: never. */
export interface Lies {
  /** Confirms it, and drops it. */
  readonly loseEvery?: number;
  /** Delivers it, and never settles its publish. */
  readonly hangEvery?: number;
  /** Delivers it twice. */
  readonly repeatEvery?: number;
  /** Fails it. */
  readonly rejectEvery?: number;
  /** Says that it was returned. */
  readonly returnEvery?: number;
}

/** A client of no broker at all, that lies by the rules it is given. */
export function createLyingClient(lies: Lies): ClientUnderTest {
  let number = 0;
  let onDelivery: (id: string) => void = () => {};
  const isDue = (every = 0): boolean => every > 0 && number % every === 0;
  return {
    publish: async (id) => {
      number += 1;
      if (isDue(lies.rejectEvery)) throw new Error('no');
      if (isDue(lies.returnEvery)) return 'returned';
      if (isDue(lies.loseEvery)) return 'confirmed';
      onDelivery(id);
      if (isDue(lies.repeatEvery)) onDelivery(id);
      if (isDue(lies.hangEvery)) await new Promise(() => {});
      return 'confirmed';
    },
    consume: async (listen) => {
      onDelivery = listen;
    },
    nameOf: String,
    close: async () => {},
  };
}
