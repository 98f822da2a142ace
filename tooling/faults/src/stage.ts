import { type Rabbitmq, type RabbitmqCluster, startRabbitmq, startRabbitmqCluster } from '@leveret/tooling-rabbitmq';

/** The brokers of a run, each started when the first scenario needs it, and never anybody else's. */
export interface Stage extends AsyncDisposable {
  /** A broker of one node that runs. */
  broker(): Promise<Rabbitmq>;
  /** A cluster of three nodes that all run. */
  cluster(): Promise<RabbitmqCluster>;
}

/** Opens a stage; its end ends the brokers. */
export function openStage(): Stage {
  let broker: Promise<Rabbitmq> | undefined;
  let cluster: Promise<RabbitmqCluster> | undefined;
  return {
    broker: async () => {
      broker ??= startRabbitmq();
      const started = await broker;
      if (started.state === 'ended') await started.restart();
      return started;
    },
    cluster: async () => {
      cluster ??= startRabbitmqCluster();
      const started = await cluster;
      // A scenario leaves its dead behind; the next one wants all of them.
      for (const node of started.nodes) if (node.state === 'ended') await node.restart();
      await started.untilWhole();
      return started;
    },
    [Symbol.asyncDispose]: async () => {
      // What did not start has told its reason to the scenario that wanted it, and left nothing to remove.
      await Promise.allSettled([broker, cluster].map(async (started) => await (await started)?.remove()));
    },
  };
}
