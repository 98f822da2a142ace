import { type Broker, type Fault, startBroker } from '@leveret/broker';
import { uniqueName } from '@leveret/tooling-rabbitmq';
import { controlEmbedded } from './embedded-control.ts';
import type { BrokerAccess, BrokerControl, OwnBroker } from './surface.ts';

async function start(): Promise<{ readonly broker: Broker; readonly control: BrokerControl }> {
  const user = { username: 'leveret', password: uniqueName('password') };
  const broker = await startBroker({ users: { [user.username]: user.password } });
  return { broker, control: controlEmbedded(broker, user) };
}

/** An embedded broker for the ordinary tests of one file. */
export async function useEmbedded(): Promise<BrokerAccess> {
  const { broker, control } = await start();
  const release = (): Promise<void> => broker.close();
  return {
    url: control.url,
    control,
    uniqueName,
    virtualHostForTestFile: () => control.createVirtualHost(),
    release,
    [Symbol.asyncDispose]: release,
  };
}

/** An embedded broker that breaks as a RabbitMQ breaks whose process is stopped, continued or killed. */
export async function startEmbedded(): Promise<OwnBroker> {
  const { broker, control } = await start();
  const holding: Fault[] = [];
  let running = true;

  const thaw = (): void => {
    for (const fault of holding.splice(0)) fault.stop();
  };
  const stop = async (): Promise<void> => {
    if (!running) return;
    running = false;
    thaw();
    await broker.stop();
  };
  return {
    ...control,
    freeze: async () => {
      // The system still accepts connections for a process that stands still; nobody answers them.
      holding.push(broker.faults.freeze(), broker.faults.ignoreHandshakes());
    },
    thaw,
    kill: async () => {
      // Nobody is left to be told when the broker then stops, in the same turn: it only closes its port.
      broker.faults.resetConnections();
      await stop();
    },
    stop,
    restart: async () => {
      await stop();
      await broker.start();
      running = true;
    },
    remove: () => broker.close(),
    [Symbol.asyncDispose]: () => broker.close(),
  };
}
