import { type BrokerAccess, type BrokerControl, useBroker as findBroker } from '@leveret/tooling-brokers';
import { createTransport, type Transport } from '@leveret/transport';
import { afterAll, beforeAll } from 'vitest';

/** A broker for this test file, a topic that is its own, and a transport on it. */
export interface Setting {
  readonly url: string;
  readonly topic: string;
  readonly transport: Transport;
  /** The operator's commands; undefined on a broker that is not ours. */
  readonly control: BrokerControl | undefined;
}

/** Sets the file up before its tests and tears it down after them. */
export function useBroker(): { readonly setting: Setting } {
  let broker: BrokerAccess | undefined;
  let setting: Setting | undefined;
  beforeAll(async () => {
    broker = await findBroker();
    const { control } = broker;
    const { url } = await broker.virtualHostForTestFile();
    setting = { url, topic: broker.uniqueName('interop'), transport: createTransport(url), control };
  });
  afterAll(async () => {
    await setting?.transport.close();
    await broker?.release();
  });
  return {
    get setting() {
      if (setting === undefined) throw new Error('The broker is set up before the tests.');
      return setting;
    },
  };
}

/** Text that goes wrong easily: Latin-1, an astral character, controls, what JSON and envelopes escape. */
export const AWKWARD_TEXT = 'für € 😀 \u0000\u0001\u001f\u007f\u2028\u2029 "quoted" \\backslash\\ \n\t </script>';
