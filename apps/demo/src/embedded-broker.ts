import { startBroker } from '@leveret/broker';
import { type Broker, CUT_REASON } from './broker.ts';

// A connection that is sent nothing for so long is cut where it stands.
const IDLE_MS = 250;

/**
 * Starts a broker in this process. Every other cut is one that no RabbitMQ can be asked for: each connection is reset in the
 * middle of the next frame that is sent to it, so that its client is left with half of one.
 * @throws {BrokerError} when the port cannot be had.
 */
export async function startEmbeddedBroker(port = 0): Promise<Broker> {
  const toBeCut = new Set<string>();
  let allCut = (): void => {};
  const broker = await startBroker({
    port,
    onEvent: (event) => {
      if (event.type === 'connection-closed' && toBeCut.delete(event.connection.name) && toBeCut.size === 0) allCut();
    },
  });

  const cutInMidFrame = async (): Promise<number> => {
    for (const { name, status } of broker.connections()) if (status === 'open') toBeCut.add(name);
    const connections = toBeCut.size;
    if (connections === 0) return 0;
    const match = ({ name }: { readonly name: string }): boolean => toBeCut.has(name);
    const fault = broker.faults.cutAtFrame(1, { match, direction: 'sent', midFrame: true, times: connections });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, IDLE_MS);
      allCut = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    fault.stop();
    broker.faults.resetConnections(match);
    toBeCut.clear();
    return connections;
  };

  return {
    kind: 'embedded',
    url: broker.url,
    host: `${broker.host}:${broker.port}`,
    cutsInWords: 'every connection is cut twice: closed, then reset in mid-frame',
    cut: async (number) =>
      number % 2 === 1
        ? { connections: broker.faults.closeConnections({ reason: CUT_REASON }), kind: 'closed' }
        : { connections: await cutInMidFrame(), kind: 'mid-frame' },
    [Symbol.asyncDispose]: () => broker.close(),
  };
}
