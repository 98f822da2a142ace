import { randomBytes } from 'node:crypto';
import { createControl, type RabbitmqControl } from './control.ts';
import type { RabbitmqCoordinates } from './coordinates.ts';
import { startRabbitmq } from './rabbitmq.ts';

/** The environment variable by which a global setup hands its broker to other processes: coordinates as JSON. */
export const coordinatesVariable = 'LEVERET_TOOLING_RABBITMQ';

/** A broker for ordinary tests: one that they share, and must not break. */
export interface RabbitmqAccess extends AsyncDisposable {
  /** The virtual host to use: that of LEVERET_RABBITMQ_URL, or `/` of our broker. */
  readonly url: string;
  /** The operator's commands; `undefined` on a broker that we did not start, which is never touched. */
  readonly control: RabbitmqControl | undefined;
  /** A name that no other test uses: on a foreign broker, virtual hosts cannot keep tests apart. */
  uniqueName(prefix?: string): string;
  /** A virtual host of one's own; on a foreign broker the URL's own, where every name must be unique. */
  virtualHostForTestFile(): Promise<{ readonly url: string }>;
  /** Ends the broker if this call started it. */
  release(): Promise<void>;
}

/** `prefix` with twelve random hexadecimal digits. Default prefix: leveret. */
export function uniqueName(prefix = 'leveret'): string {
  return `${prefix}-${randomBytes(6).toString('hex')}`;
}

function accessTo(control: RabbitmqControl, release: () => Promise<void>): RabbitmqAccess {
  return {
    url: control.url,
    control,
    uniqueName,
    virtualHostForTestFile: () => control.createVirtualHost(),
    release,
    [Symbol.asyncDispose]: release,
  };
}

/**
 * The broker of LEVERET_RABBITMQ_URL; else the one that the global setup `@leveret/tooling-rabbitmq/vitest` started; else
 * one of our own. Tests that break a broker use {@link startRabbitmq} instead.
 *
 * @throws {RabbitmqToolingError} ERR_LEVERET_TOOLING_NO_RABBITMQ, ERR_LEVERET_TOOLING_INSTALL, ERR_LEVERET_TOOLING_START
 */
export async function useRabbitmq(): Promise<RabbitmqAccess> {
  const nothing = async (): Promise<void> => {};
  const url = process.env['LEVERET_RABBITMQ_URL'];
  if (url !== undefined && url !== '') {
    return {
      url,
      control: undefined,
      uniqueName,
      virtualHostForTestFile: async () => ({ url }),
      release: nothing,
      [Symbol.asyncDispose]: nothing,
    };
  }
  const handedOver = process.env[coordinatesVariable];
  if (handedOver !== undefined && handedOver !== '') {
    return accessTo(createControl(JSON.parse(handedOver) as RabbitmqCoordinates), nothing);
  }
  const broker = await startRabbitmq();
  return accessTo(broker, broker.remove);
}
